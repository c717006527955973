/** How long a request took, and whose time it was (apisix/utils/log-util.lua). */
import type { RequestContext } from "../../request-context.ts";

/** Milliseconds; `upstream` is undefined when no node has answered. */
export type Latency = {
  readonly request: number;
  readonly upstream: number | undefined;
  readonly gateway: number;
};

/** Up to now: in the log phase, of the whole request. */
export function latencyOf({ attempts, startedMs }: RequestContext): Latency {
  const request = performance.now() - startedMs;
  const times = attempts.flatMap(({ responseMs }) => responseMs ?? []);
  if (times.length === 0) return { request, upstream: undefined, gateway: request };
  const upstream = times.reduce((sum, one) => sum + one, 0);
  return { request, upstream, gateway: Math.max(0, request - upstream) };
}

/** Who has made the answer, as the original names it: "nginx" stands for its proxy. */
export function responseSource({ response, attempts }: RequestContext): string {
  if (response.source === "upstream") return "upstream";
  return response.source === "gateway" && attempts.length > 0 ? "nginx" : "apisix";
}

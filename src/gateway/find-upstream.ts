/** Which upstream a request goes to: a plugin's choice, else the route's. */
import type { CompiledRoute } from "./compiled-route.ts";
import type { PluginServices } from "./plugin.ts";
import { Refusal } from "./refusal.ts";
import type { RequestContext } from "./request-context.ts";
import type { Upstream } from "./upstream/upstream.ts";
import type { Upstreams } from "./upstream/upstreams.ts";

/** Throws a `Refusal` when there is none, or none that can be used. */
export function findUpstream(
  { upstreams, log }: { readonly upstreams: Upstreams; readonly log: PluginServices["log"] },
  ctx: RequestContext,
  route: CompiledRoute,
): Upstream {
  const chosen = ctx.upstream ?? route.upstream;
  if (chosen === undefined) {
    log("error", "missing upstream configuration in Route or Service", { route: route.id });
    throw new Refusal(503);
  }
  const owner = "owner" in chosen ? String(chosen.owner) : undefined;
  const upstream =
    "value" in chosen ? upstreams.of(chosen.value, owner) : upstreams.byId(chosen.id);
  if (upstream === undefined) throw new Refusal(502);
  const { problem } = upstream;
  if (problem === undefined) return upstream;
  log("error", problem.text);
  throw new Refusal(problem.status);
}

/** What the span of a request says of it (apisix/plugins/opentelemetry.lua). */
import type { HeaderList } from "../../header-list.ts";
import type { RequestContext } from "../../request-context.ts";
import type { AttributeValue } from "./otlp.ts";

export type Attributes = [name: string, value: AttributeValue][];

/** Known when the request begins. */
export function requestAttributes(ctx: RequestContext): Attributes {
  const { route } = ctx;
  const method = ctx.var("method");
  const scheme = ctx.var("scheme");
  const agent = ctx.var("http_user_agent");
  return present([
    ["net.host.name", ctx.var("host")],
    // The older names of the conventions, which the original still sends.
    ["http.method", method],
    ["http.scheme", scheme],
    ["http.target", ctx.var("request_uri")],
    ["http.user_agent", agent],
    ["http.request.method", method],
    ["url.scheme", scheme],
    ["url.path", ctx.var("uri")],
    ["user_agent.original", agent],
    ["apisix.route_id", route?.id],
    ["apisix.route_name", route?.name],
    ["http.route", route?.uri],
    ["apisix.service_id", route?.service?.id],
    ["apisix.service_name", route?.service?.name],
  ]);
}

/** As texts; without those that are not set. */
function present(list: readonly (readonly [string, unknown])[]): Attributes {
  return list.flatMap(([name, value]): Attributes => {
    return value === undefined ? [] : [[name, String(value)]];
  });
}

/** Variables by their names. */
export function variableAttributes(wanted: readonly string[], ctx: RequestContext): Attributes {
  return present(wanted.map((name) => [name, ctx.var(name)]));
}

/** "x-my-*" stands for all headers that begin so. */
export function headerAttributes(wanted: readonly string[], headers: HeaderList): Attributes {
  const all = headers.toObject();
  return wanted.flatMap((key): Attributes => {
    const isPrefix = key.length >= 2 && key.endsWith("*");
    const prefix = key.slice(0, -1);
    const names = isPrefix
      ? Object.keys(all).filter((name) => name.startsWith(prefix))
      : [key.toLowerCase()];
    return present(names.map((name) => [isPrefix ? name : key, all[name]]));
  });
}

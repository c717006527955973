/** Where a token is in a request: header, else query, else cookie. */
import type { RequestContext } from "../../request-context.ts";

export type JwtSource = {
  readonly header: string;
  readonly query: string;
  readonly cookie: string;
  readonly hide_credentials: boolean;
};

/** Takes it out of what goes upstream if so configured. "" stands for what cannot be a token. */
export function takeToken(conf: JwtSource, ctx: RequestContext): string | undefined {
  const { headers } = ctx.request;
  const sent = headers.get(conf.header);
  if (sent !== undefined) {
    if (conf.hide_credentials) headers.remove(conf.header);
    return sent.replace(/^[Bb]earer /, "");
  }
  return fromQuery(conf, ctx) ?? fromCookie(conf, ctx);
}

function fromQuery({ query, hide_credentials: hides }: JwtSource, { request }: RequestContext) {
  const { args } = request;
  const values = args.getAll(query);
  if (values.length === 0) return undefined;
  if (hides && args.delete(query)) request.setArgs(args);
  const [value] = values;
  return values.length === 1 && typeof value === "string" ? value : "";
}

function fromCookie({ cookie, hide_credentials: hides }: JwtSource, ctx: RequestContext) {
  const value = ctx.var(`cookie_${cookie}`);
  if (typeof value !== "string") return undefined;
  if (hides) removeCookie(ctx.request.headers, cookie);
  return value;
}

/** The other cookies stay as they are. */
function removeCookie(headers: RequestContext["request"]["headers"], name: string): void {
  const pairs = headers.getAll("cookie").flatMap((line) => line.split(";"));
  const others = pairs.map((pair) => pair.trim()).filter((pair) => !pair.startsWith(`${name}=`));
  if (others.length === 0) headers.remove("cookie");
  else headers.set("Cookie", others.join("; "));
}

/** Following redirects as the original's HTTP client does: the key stays with its host. */
import type { Answer, Exchange } from "./exchange.ts";

/** Requests for one exchange, the first one counted; the next is refused. */
export const EXCHANGE_REQUESTS_MAX = 10;

const KEEPS_METHOD = new Set([307, 308]);
const BECOMES_GET = new Set([301, 302, 303]);

/** The exchange that the answer points to; undefined when it is no redirect. */
export function redirected(exchange: Exchange, answer: Answer): Exchange | undefined {
  const keepsMethod = KEEPS_METHOD.has(answer.status);
  if (!keepsMethod && !BECOMES_GET.has(answer.status)) return undefined;
  const target = locationOf(answer);
  if (target === undefined || !URL.canParse(target, exchange.url)) return undefined;
  const url = new URL(target, exchange.url);
  const { Authorization: authorization, "Content-Type": type, ...others } = exchange.headers;
  const headers: Record<string, string> = others;
  if (authorization !== undefined && isSameHost(url, new URL(exchange.url))) {
    headers["Authorization"] = authorization;
  }
  const { encoding } = exchange;
  if (!keepsMethod) return { method: "GET", url: url.href, headers, encoding };
  if (type !== undefined) headers["Content-Type"] = type;
  return { method: exchange.method, url: url.href, headers, body: exchange.body, encoding };
}

function locationOf({ rawHeaders }: Answer): string | undefined {
  const at = rawHeaders.findIndex(
    (name, index) => index % 2 === 0 && name.toLowerCase() === "location",
  );
  return at < 0 ? undefined : rawHeaders[at + 1];
}

/** The same name, or one below it. */
function isSameHost(to: URL, from: URL): boolean {
  return to.hostname === from.hostname || to.hostname.endsWith(`.${from.hostname}`);
}

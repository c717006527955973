/** Reads node's request as the gateway sees it, and refuses what could be read in two ways. */
import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import type { RequestHead } from "./client-request.ts";
import { HeaderList } from "./header-list.ts";
import { parseTarget } from "./uri.ts";

/** A request that nginx refuses before any route is looked for. */
export type HeadRefusal = { readonly refusal: number };

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** host, host:port, [::1]:port; nothing that could be taken for a path or a second host */
const AUTHORITY = /^(?:[0-9A-Za-z._~!$&'()*+;=%-]*|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?$/;

export function readHead(
  request: IncomingMessage | Http2ServerRequest,
  scheme: "http" | "https",
): RequestHead | HeadRefusal {
  const { method = "", url = "", httpVersion } = request;
  const version = versionProblem(request);
  if (version !== undefined) return { refusal: version };
  const target = parseTarget(url);
  // nginx knows neither proxying by CONNECT nor TRACE.
  if (method === "CONNECT" || method === "TRACE") return { refusal: 405 };
  if (target === undefined || !TOKEN.test(method)) return { refusal: 400 };
  const headers = withoutPseudo(request.rawHeaders);
  const hosts = headers.getAll("host");
  const pseudo = "authority" in request ? request.authority : undefined;
  if (hosts.length > 1) return { refusal: 400 };
  const authority = target.authority ?? pseudo ?? hosts[0] ?? "";
  if (authority === "" && httpVersion === "1.1") return { refusal: 400 };
  if (!AUTHORITY.test(authority)) return { refusal: 400 };
  if (headers.getAll("content-length").length > 1) return { refusal: 400 };
  const coding = codingProblem(headers, httpVersion);
  if (coding !== undefined) return { refusal: coding };
  return { method, uri: url, target, headers, httpVersion, scheme, authority };
}

/** node's parser lets texts of HTTP/0.9 and HTTP/2.0 through. */
function versionProblem(request: IncomingMessage | Http2ServerRequest): number | undefined {
  if ("stream" in request || request.httpVersionMajor === 1) return undefined;
  return request.httpVersionMajor > 1 ? 505 : 400;
}

/** As nginx: of all codings only "chunked" is known, and HTTP/1.0 knows none. */
function codingProblem(headers: HeaderList, httpVersion: string): number | undefined {
  const coding = headers.get("transfer-encoding");
  if (coding === undefined) return undefined;
  if (httpVersion === "1.0" || headers.getAll("transfer-encoding").length > 1) return 400;
  return coding.trim().toLowerCase() === "chunked" ? undefined : 501;
}

/** HTTP/2 has its own fields for the request line, and cookies in pieces (RFC 9113 8.2.3). */
function withoutPseudo(raw: readonly string[]): HeaderList {
  if (raw[0]?.startsWith(":") !== true) return new HeaderList([...raw]);
  const list = new HeaderList();
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? "";
    if (!name.startsWith(":")) list.raw.push(name, raw[at + 1] ?? "");
  }
  const cookies = list.getAll("cookie");
  if (cookies.length > 1) list.set("cookie", cookies.join("; "));
  return list;
}

/**
 * What the client says of proxies before it is not believed, unless its address is trusted: the
 * upstream gets what was observed (apisix-gateway.md 2.2).
 */
export function sanitiseForwarded(head: RequestHead, port: number): void {
  const { headers, scheme, authority } = head;
  headers.set("X-Forwarded-Proto", scheme);
  headers.set("X-Forwarded-Host", authority);
  headers.set("X-Forwarded-Port", port);
  headers.remove("Forwarded");
}

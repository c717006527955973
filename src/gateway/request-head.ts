/** Reads node's request as the gateway sees it, and refuses what could be read in two ways. */
import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import type { RequestHead } from "./client-request.ts";
import { HeaderList, TOKEN } from "./header-list.ts";
import { parseTarget } from "./uri.ts";

/** A request that nginx refuses before any route is looked for. */
export type HeadRefusal = { readonly refusal: number };

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
  const seen = inspect(headers.raw);
  const pseudo = "authority" in request ? request.authority : undefined;
  if (seen.hosts > 1 || seen.lengths > 1) return { refusal: 400 };
  const authority = target.authority ?? pseudo ?? seen.host ?? "";
  if (authority === "" && httpVersion === "1.1") return { refusal: 400 };
  if (!AUTHORITY.test(authority)) return { refusal: 400 };
  const coding = codingProblem(seen, httpVersion);
  if (coding !== undefined) return { refusal: coding };
  if (seen.connection !== undefined) dropNamedByConnection(headers, seen.connection);
  const framing = {
    contentLength: seen.length,
    isChunked: seen.codings > 0,
    upgrade: seen.upgrade,
    saysForwarded: seen.saysForwarded,
  };
  return { method, uri: url, target, headers, httpVersion, scheme, authority, framing };
}

/** Fields that decide how a request is read: the first value of each, and how many there are. */
type Seen = {
  hosts: number;
  host: string | undefined;
  lengths: number;
  length: string | undefined;
  codings: number;
  coding: string | undefined;
  connection: string | undefined;
  upgrade: string | undefined;
  saysForwarded: boolean;
};

/** In one pass; the length of a name tells most of the others apart. */
function inspect(raw: readonly string[]): Seen {
  const seen: Seen = {
    hosts: 0,
    host: undefined,
    lengths: 0,
    length: undefined,
    codings: 0,
    coding: undefined,
    connection: undefined,
    upgrade: undefined,
    saysForwarded: false,
  };
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] as string;
    if (DECISIVE_LENGTHS.has(name.length)) note(seen, name.toLowerCase(), raw[at + 1] as string);
  }
  return seen;
}

function note(seen: Seen, name: string, value: string): void {
  switch (name) {
    case "host":
      seen.hosts += 1;
      seen.host ??= value;
      break;
    case "content-length":
      seen.lengths += 1;
      seen.length ??= value;
      break;
    case "transfer-encoding":
      seen.codings += 1;
      seen.coding ??= value;
      break;
    case "connection":
      seen.connection = seen.connection === undefined ? value : `${seen.connection},${value}`;
      break;
    case "upgrade":
      seen.upgrade ??= value;
      break;
    default:
      seen.saysForwarded ||= FORWARDED.includes(name);
  }
}

/** What the gateway itself says to the node of who has sent the request. */
const FORWARDED = ["forwarded", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port"];
const DECISIVE_LENGTHS = new Set(
  ["host", "content-length", "transfer-encoding", "connection", "upgrade", ...FORWARDED].map(
    ({ length }) => length,
  ),
);

/** Read further on, and left out of what goes to the upstream there. */
const OF_CONNECTION = new Set([
  ...["", "connection", "upgrade", "te", "host"],
  ...["content-length", "transfer-encoding"],
]);

/**
 * Fields that the client's `Connection` declares to be of this connection only go no further (RFC
 * 9110 7.6.1). Here, before any plugin has run: a client must not name away what the gateway says
 * of it, such as `X-Consumer-Username`.
 */
function dropNamedByConnection(headers: HeaderList, connection: string): void {
  if (/^(keep-alive|close|upgrade)$/i.test(connection)) return;
  for (const name of connection.toLowerCase().split(",")) {
    const field = name.trim();
    if (!OF_CONNECTION.has(field)) headers.remove(field);
  }
}

/** node's parser lets texts of HTTP/0.9 and HTTP/2.0 through. */
function versionProblem(request: IncomingMessage | Http2ServerRequest): number | undefined {
  if ("stream" in request || request.httpVersionMajor === 1) return undefined;
  return request.httpVersionMajor > 1 ? 505 : 400;
}

/** As nginx: of all codings only "chunked" is known, and HTTP/1.0 knows none. */
function codingProblem({ coding, codings }: Seen, httpVersion: string): number | undefined {
  if (coding === undefined) return undefined;
  if (httpVersion === "1.0" || codings > 1) return 400;
  return coding.trim().toLowerCase() === "chunked" ? undefined : 501;
}

/** HTTP/2 has its own fields for the request line, and cookies in pieces (RFC 9113 8.2.3). */
function withoutPseudo(raw: readonly string[]): HeaderList {
  if (raw[0]?.startsWith(":") !== true) return new HeaderList(raw.slice());
  const list = new HeaderList();
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? "";
    if (!name.startsWith(":")) list.raw.push(name, raw[at + 1] ?? "");
  }
  list.join("cookie", "; ");
  return list;
}

/**
 * What the client says of proxies before it is not believed, unless its address is trusted: the
 * upstream gets what was observed (apisix-gateway.md 2.2).
 */
export function sanitiseForwarded(head: RequestHead, port: string): void {
  const { headers, scheme, authority, framing } = head;
  if (framing.saysForwarded) for (const name of FORWARDED) headers.remove(name);
  headers.raw.push("X-Forwarded-Proto", scheme);
  headers.raw.push("X-Forwarded-Host", authority);
  headers.raw.push("X-Forwarded-Port", portOf(authority) ?? port);
}

/** A trusted peer is believed where it says something; what it leaves out is observed. */
export function completeForwarded(head: RequestHead, port: string): void {
  const { headers, scheme, authority } = head;
  if (!headers.get("X-Forwarded-Proto")) headers.set("X-Forwarded-Proto", scheme);
  if (!headers.get("X-Forwarded-Host")) headers.set("X-Forwarded-Host", authority);
  if (!headers.get("X-Forwarded-Port")) headers.set("X-Forwarded-Port", portOf(authority) ?? port);
}

/** What the client calls the port, which is not ours where something translates it on the way. */
function portOf(authority: string): string | undefined {
  const colon = authority.lastIndexOf(":");
  const isPort = colon >= 0 && colon < authority.length - 1 && !authority.endsWith("]");
  return isPort ? authority.slice(colon + 1) : undefined;
}

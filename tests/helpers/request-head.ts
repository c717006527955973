/** A request's head as the gateway has read it, for tests that begin behind that. */
import type { RequestHead } from "../../src/gateway/client-request.ts";
import { HeaderList } from "../../src/gateway/header-list.ts";
import { parseTarget } from "../../src/gateway/uri.ts";

/** POST / with a body in chunks, unless said otherwise. */
export function requestHead(own: Partial<RequestHead> = {}): RequestHead {
  const uri = own.uri ?? "/";
  const target = parseTarget(uri);
  if (target === undefined) throw new Error(`no target: ${uri}`);
  const framing = {
    contentLength: undefined,
    isChunked: true,
    upgrade: undefined,
    saysForwarded: false,
  };
  const rest = { httpVersion: "1.1", scheme: "http", authority: "x", framing } as const;
  return { method: "POST", uri, target, headers: new HeaderList(), ...rest, ...own };
}

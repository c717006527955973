/** Carries an upstream's answer to the client: headers cleaned, the body at the client's pace. */
import type { BodyWriter } from "./answer.ts";
import { mayHaveBody } from "./answer.ts";
import { HeaderList } from "./header-list.ts";
import { hopByHopAnd } from "./hop-by-hop.ts";
import type { UpstreamAttempt } from "./request-context.ts";
import type { ExchangeAnswer } from "./upstream/transport.ts";

const NOT_RELAYED = hopByHopAnd("proxy-authenticate-info", "server");

/** The answer's own headers, without those of the connection to the node. */
export function answerHeaders({ headers, status }: ExchangeAnswer): HeaderList {
  const list = new HeaderList();
  const named = namedBy(headers.get("connection"));
  const { raw } = headers;
  for (let at = 0; at < raw.length; at += 2) {
    const lower = (raw[at] as string).toLowerCase();
    if (NOT_RELAYED.has(lower) || named?.has(lower) === true) continue;
    if (lower === "content-length" && !mayHaveBody(status) && status !== 304) continue;
    list.raw.push(raw[at] as string, raw[at + 1] as string);
  }
  return list;
}

/** Fields that a node's `Connection` declares to be of this connection only; most name none. */
function namedBy(connection: string | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined || /^(?:keep-alive|close)$/i.test(connection)) return undefined;
  return new Set(connection.toLowerCase().split(/\s*,\s*/));
}

/** Resolves when the upstream's part is over: true when it was complete. Never rejects. */
export function relayBody(
  { body }: ExchangeAnswer,
  writer: BodyWriter,
  attempt: UpstreamAttempt,
): Promise<boolean> {
  const begun = performance.now();
  return new Promise((resolve) => {
    const settle = (complete: boolean): void => {
      attempt.responseMs = (attempt.headerMs ?? 0) + performance.now() - begun;
      resolve(complete);
    };
    body.start({
      data: (chunk) => {
        const goesOn = writer.write(chunk);
        if (!goesOn) writer.onReady(() => body.resume());
        return goesOn;
      },
      end: (chunk) => {
        writer.end(chunk);
        settle(true);
      },
      fail: () => {
        writer.abort();
        settle(false);
      },
    });
  });
}

/** Carries an upstream's answer to the client: headers cleaned, the body at the client's pace. */
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

import type { BodyWriter } from "./answer.ts";
import { mayHaveBody } from "./answer.ts";
import { HeaderList } from "./header-list.ts";
import type { UpstreamAttempt } from "./request-context.ts";
import type { ExchangeAnswer } from "./upstream/transport.ts";

const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "proxy-authenticate-info",
  "server",
]);

/** The answer's own headers, without those of the connection to the node. */
export function answerHeaders({ headers, status }: ExchangeAnswer): HeaderList {
  const list = new HeaderList();
  const named = new Set(
    headers
      .get("connection")
      ?.toLowerCase()
      .split(/\s*,\s*/),
  );
  const { raw } = headers;
  for (let at = 0; at < raw.length; at += 2) {
    const lower = (raw[at] as string).toLowerCase();
    if (HOP_BY_HOP.has(lower) || named.has(lower)) continue;
    if (lower === "content-length" && !mayHaveBody(status) && status !== 304) continue;
    list.raw.push(raw[at] as string, raw[at + 1] as string);
  }
  return list;
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

/**
 * Joins two connections until one of them ends, or nothing was heard of the node for `idleMs`.
 * Resolves with the bytes that went to the client.
 */
export function tunnel(client: Duplex, node: Duplex, idleMs: number): Promise<number> {
  return new Promise((resolve) => {
    let bytes = 0;
    node.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    const end = (): void => {
      client.destroy();
      node.destroy();
      resolve(bytes);
    };
    for (const side of [client, node]) side.on("error", end).on("close", end);
    if ("setTimeout" in node) (node as Socket).setTimeout(idleMs, end);
    client.pipe(node);
    node.pipe(client);
  });
}

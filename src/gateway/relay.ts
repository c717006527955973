/** Carries an upstream's answer to the client: headers cleaned, the body at the client's pace. */

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

/** Resolves when the upstream's part is over, well or not; never rejects. */
export function relayBody(
  { body }: ExchangeAnswer,
  writer: BodyWriter,
  attempt: UpstreamAttempt,
): Promise<boolean> {
  const begun = performance.now();
  return new Promise((resolve) => {
    let isEnded = false;
    const finish = (complete: boolean): void => {
      if (isEnded) return;
      isEnded = true;
      attempt.responseMs = (attempt.headerMs ?? 0) + performance.now() - begun;
      if (complete) writer.end();
      else writer.abort();
      resolve(complete);
    };
    body.on("data", (chunk: Buffer) => {
      if (writer.write(chunk)) return;
      body.pause();
      writer.onReady(() => body.resume());
    });
    body.on("end", () => finish(true));
    body.on("error", () => finish(false));
    body.on("close", () => finish(false));
  });
}

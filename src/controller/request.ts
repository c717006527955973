/** Reading requests: transaction ids and bodies. */
import type { IncomingMessage } from "node:http";
import { badContent, PlatformError } from "../core/errors.ts";
import type { TransactionId } from "../core/messages.ts";
import { randomName } from "../lib/ids.ts";

/** The caller's `X-Request-ID` unless reserved, else a new one (openwhisk-api.md 1.2). */
export function transactionId(request: IncomingMessage): TransactionId {
  const asked = request.headers["x-request-id"];
  return transactionOf(typeof asked === "string" ? asked : undefined);
}

export function transactionOf(asked: string | undefined): TransactionId {
  const isUsable = asked !== undefined && asked !== "" && !asked.startsWith("sid_");
  return { id: isUsable ? asked : randomName(32), start: Date.now() };
}

/**
 * Reads the whole body. `then` gets it, or an error: TOO_LARGE beyond `bytesMax` (the rest is
 * drained so that the answer can be read), or undefined handlers when the caller went away.
 */
export function readBody(
  request: IncomingMessage,
  bytesMax: number,
  then: (body: Buffer | PlatformError) => void,
): void {
  let first: Buffer | undefined;
  let more: Buffer[] | undefined;
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > bytesMax) return;
    if (first === undefined) first = chunk;
    else if (more === undefined) more = [first, chunk];
    else more.push(chunk);
  });
  request.on("end", () => {
    if (bytes > bytesMax) then(bodyTooLarge(bytes, bytesMax));
    else if (more !== undefined) then(Buffer.concat(more, bytes));
    else then(first ?? EMPTY);
  });
}
const EMPTY = Buffer.alloc(0);

/** The whole body; throws TOO_LARGE at once when its announced length is beyond `bytesMax`. */
export function readWhole(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const announced = Number(request.headers["content-length"] ?? 0);
  if (announced > bytesMax) throw bodyTooLarge(announced, bytesMax);
  return new Promise((resolve, reject) => {
    request.once("error", () => reject(badContent("the body was cut off")));
    readBody(request, bytesMax, (body) =>
      body instanceof PlatformError ? reject(body) : resolve(body),
    );
  });
}

export function bodyTooLarge(bytes: number, bytesMax: number): PlatformError {
  return new PlatformError(
    "TOO_LARGE",
    `Request larger than allowed: ${bytes} > ${bytesMax} bytes.`,
  );
}

/** Reading requests: transaction ids, content types, bodies, query flags. */
import type { IncomingMessage } from "node:http";
import { badQuery, PlatformError } from "../core/errors.ts";
import type { TransactionId } from "../core/messages.ts";
import { randomName } from "../lib/ids.ts";

/** The caller's `X-Request-ID` unless reserved, else a new one (openwhisk-api.md 1.2). */
export function transactionId(request: IncomingMessage): TransactionId {
  const asked = request.headers["x-request-id"];
  const id =
    typeof asked === "string" && asked !== "" && !asked.startsWith("sid_") ? asked : randomName(32);
  return { id, start: Date.now() };
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

export function bodyTooLarge(bytes: number, bytesMax: number): PlatformError {
  return new PlatformError(
    "TOO_LARGE",
    `Request larger than allowed: ${bytes} > ${bytesMax} bytes.`,
  );
}

/** Throws CONTENT_TYPE unless the body may be read as JSON (openwhisk-api.md 1.5). */
export function checkJsonType(request: IncomingMessage, bodyBytes: number): void {
  const type = request.headers["content-type"];
  if (type === "application/json") return;
  if (type === undefined && bodyBytes === 0) return;
  const media = (type ?? "application/octet-stream").trim();
  const [essence = ""] = media.split(";");
  if (essence.trim().toLowerCase() === "application/json") return;
  const shown =
    essence.startsWith("text/") && !media.includes("charset=")
      ? `${essence.trim()}; charset=UTF-8`
      : media;
  throw new PlatformError(
    "CONTENT_TYPE",
    `The request's Content-Type [${shown}] is not supported. Expected:\napplication/json`,
  );
}

/** Value of a query parameter, decoded; undefined when absent. The last one wins. */
export function queryValue(query: string, name: string): string | undefined {
  if (query === "") return undefined;
  return new URLSearchParams(query).getAll(name).at(-1);
}

/** A boolean query parameter; absent or empty gives `fallback`. Throws QUERY_MALFORMED. */
export function queryFlag(query: string, name: string, fallback: boolean): boolean {
  const text = queryValue(query, name);
  if (text === undefined || text === "") return fallback;
  if (/^(true|yes|on|1)$/i.test(text)) return true;
  if (/^(false|no|off|0)$/i.test(text)) return false;
  throw badQuery(name, `'${text}' is not a valid Boolean value`);
}

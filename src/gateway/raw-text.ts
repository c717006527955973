/**
 * Texts out of bytes that need not be UTF-8, such as paths: what is none stands as lone surrogates,
 * U+DC80 to U+DCFF, one for each byte. So two such texts differ, and escaped they are what they
 * were.
 */
import { isUtf8 } from "node:buffer";

const BASE = 0xdc00;
/** With the flag "u" a pair of surrogates is one character. */
const LONE = /([\udc80-\udcff])/u;

export function textOfBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at] ?? 0;
    const one = bytes.subarray(at, at + lengthBy(byte));
    const isText = isUtf8(one);
    text += isText ? one.toString("utf8") : String.fromCharCode(BASE + byte);
    at += isText ? one.length : 1;
  }
  return text;
}

/** Percent-escapes as `encode` does, and bytes that are no UTF-8 as what they are. */
export function escapeText(text: string, encode: (text: string) => string): string {
  if (text.isWellFormed()) return encode(text);
  return text
    .split(LONE)
    .map((part, at) => (at % 2 === 0 ? encode(part.toWellFormed()) : escapeByte(part)))
    .join("");
}

function escapeByte(lone: string): string {
  return `%${(lone.charCodeAt(0) - BASE).toString(16).toUpperCase()}`;
}

/** Of a character in UTF-8, by its first byte. */
function lengthBy(byte: number): number {
  if (byte < 0xc0) return 1;
  if (byte < 0xe0) return 2;
  return byte < 0xf0 ? 3 : 4;
}

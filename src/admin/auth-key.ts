/** Keys of identities: "uuid:key" as an operator gives it, or a new one. */
import { randomBytes, randomUUID } from "node:crypto";

export const KEY_LENGTH = 64;

export type AuthKey = { readonly uuid: string; readonly key: string };

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

export function newAuthKey(uuid: string = randomUUID()): AuthKey {
  return { uuid, key: randomText(KEY_LENGTH) };
}

/** Reads "uuid:key"; a text instead of the key says what is wrong with it, in wskadmin's words. */
export function parseAuthKey(text: string): AuthKey | string {
  const [id = "", key] = text.split(":");
  const uuid = parseUuid(id);
  if (uuid === undefined) return "authorization id is not a valid UUID";
  if (key === undefined) return "failed to determine authorization id and key: there is no colon";
  if (key.length < KEY_LENGTH) return "authorization key must be at least 64 characters long";
  return { uuid, key };
}

/** Any writing of 32 hex digits; those that make it a random UUID are set, as wskadmin does. */
function parseUuid(text: string): string | undefined {
  const hex = text
    .replace(/urn:|uuid:/g, "")
    .replace(/^[{}]+|[{}]+$/g, "")
    .replaceAll("-", "")
    .toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(hex)) return undefined;
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  const digits = `${hex.slice(0, 12)}4${hex.slice(13, 16)}${variant}${hex.slice(17)}`;
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Secret: every character is equally likely, so bytes that would favour some are thrown away. */
function randomText(length: number): string {
  const even = 256 - (256 % ALPHABET.length);
  let text = "";
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < even && text.length < length) text += ALPHABET.charAt(byte % ALPHABET.length);
    }
  }
  return text;
}

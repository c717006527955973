/**
 * Encryption of parameters at rest in the original's format (ParameterEncryption.scala): a locked
 * parameter has `encryption` with the name of the scheme, and as value the base64 text of: 4 bytes,
 * big-endian, length of the IV; the IV; the AES/GCM ciphertext of the value's compact JSON text;
 * its 16 bytes of tag.
 */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { compactJson, isJsonObject } from "../lib/json.ts";
import type { EntityDocument, Json, Parameter } from "./documents.ts";

export type LockScheme = "aes-128" | "aes-256";

/** Bytes of key and IV; the IV of aes-256 is as long as the original makes it. */
export const SCHEMES = {
  "aes-128": { keyBytes: 16, ivBytes: 12, cipher: "aes-128-gcm" },
  "aes-256": { keyBytes: 32, ivBytes: 128, cipher: "aes-256-gcm" },
} as const satisfies Record<LockScheme, object>;

export type ParameterLocks = {
  /** New values are locked with it; undefined: not at all. */
  readonly current: LockScheme | undefined;
  /** Of each scheme: the first key locks, all of them unlock. */
  readonly keys: Readonly<Record<LockScheme, readonly Uint8Array[]>>;
  readonly randomBytes: (length: number) => Uint8Array;
};

const LENGTH_BYTES = 4;
const TAG_BYTES = 16;

/** A locked value that none of the keys opens. Says which parameter, never its value. */
export class LockedParameterError extends Error {
  override readonly name = "LockedParameterError";

  constructor(key: string, encryption: string) {
    super(`parameter ${key} is locked with ${encryption}, and none of the keys opens it`);
  }
}

/**
 * The document as it is stored: of actions and packages, as in the original, every parameter locked
 * with the current key. Values locked with an older key are locked anew; what no key opens, and
 * schemes that nobody knows, stay as they are.
 */
export function lockDocument<T extends EntityDocument>(document: T, locks: ParameterLocks): T {
  const { current } = locks;
  if (current === undefined) return document;
  if (document.entityType !== "action" && document.entityType !== "package") return document;
  if (document.parameters.length === 0) return document;
  const parameters = document.parameters.map((one) => lockParameter(one, current, locks));
  return { ...document, parameters };
}

function lockParameter(parameter: Parameter, scheme: LockScheme, locks: ParameterLocks): Parameter {
  const { encryption, value } = parameter;
  if (encryption === undefined) return locked(parameter, value, scheme, locks);
  if (!isScheme(encryption) || typeof value !== "string") return parameter;
  const opened = open(value, encryption, locks.keys[encryption]);
  if (opened === undefined) return parameter;
  const isCurrent = encryption === scheme && opened.keyNumber === 0;
  return isCurrent ? parameter : locked(parameter, opened.value, scheme, locks);
}

function locked(
  parameter: Parameter,
  value: Json,
  scheme: LockScheme,
  { keys, randomBytes }: ParameterLocks,
): Parameter {
  const [key] = keys[scheme];
  if (key === undefined) throw new TypeError(`no key for ${scheme}`);
  const iv = randomBytes(SCHEMES[scheme].ivBytes);
  return { ...parameter, value: encrypt(value, scheme, key, iv), encryption: scheme };
}

function encrypt(value: Json, scheme: LockScheme, key: Uint8Array, iv: Uint8Array): string {
  const cipher = createCipheriv(SCHEMES[scheme].cipher, key, iv, { authTagLength: TAG_BYTES });
  const text = [cipher.update(compactJson(value), "utf8"), cipher.final()];
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(iv.length);
  return Buffer.concat([length, iv, ...text, cipher.getAuthTag()]).toString("base64");
}

type Opened = { readonly value: Json; readonly keyNumber: number };

/** The tag tells which of the keys it was. */
function open(text: string, scheme: LockScheme, keys: readonly Uint8Array[]): Opened | undefined {
  const bytes = Buffer.from(text, "base64");
  const { ivBytes } = SCHEMES[scheme];
  const head = LENGTH_BYTES + ivBytes;
  if (bytes.length < head + TAG_BYTES || bytes.readUInt32BE(0) !== ivBytes) return undefined;
  const iv = bytes.subarray(LENGTH_BYTES, head);
  const body = bytes.subarray(head, bytes.length - TAG_BYTES);
  const tag = bytes.subarray(bytes.length - TAG_BYTES);
  for (const [keyNumber, key] of keys.entries()) {
    try {
      const decipher = createDecipheriv(SCHEMES[scheme].cipher, key, iv, {
        authTagLength: TAG_BYTES,
      });
      decipher.setAuthTag(tag);
      const json = Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8");
      return { value: JSON.parse(json) as Json, keyNumber };
    } catch {
      // Another key's, or no ciphertext at all: the next one may fit.
    }
  }
  return undefined;
}

/**
 * Which members of the merged arguments (`content`, JSON text) are still locked defaults, with their
 * schemes; undefined when none is. A member that the request gave instead is not among them.
 */
export function lockedArguments(
  parameters: readonly Parameter[],
  content: string,
): Readonly<Record<string, string>> | undefined {
  if (!parameters.some(isLocked)) return undefined;
  const args: unknown = JSON.parse(content);
  if (!isJsonObject(args)) return undefined;
  const left = parameters.filter(
    (one) => isLocked(one) && Object.hasOwn(args, one.key) && args[one.key] === one.value,
  );
  if (left.length === 0) return undefined;
  return Object.fromEntries(left.map(({ key, encryption = "" }) => [key, encryption]));
}

/**
 * `content` with the members of `lockedArgs` in the clear; those of schemes that nobody knows stay.
 * Throws `LockedParameterError`.
 */
export function unlockArguments(
  content: string,
  lockedArgs: Readonly<Record<string, string>>,
  keys: ParameterLocks["keys"],
): string {
  const args: unknown = JSON.parse(content);
  if (!isJsonObject(args)) return content;
  const entries = Object.entries(args).map(([key, value]) => {
    const scheme = Object.hasOwn(lockedArgs, key) ? lockedArgs[key] : undefined;
    if (scheme === undefined || !isScheme(scheme) || typeof value !== "string") return [key, value];
    const opened = open(value, scheme, keys[scheme]);
    if (opened === undefined) throw new LockedParameterError(key, scheme);
    return [key, opened.value];
  });
  // fromEntries defines members, so that a key "__proto__" stays a plain member.
  return compactJson(Object.fromEntries(entries));
}

function isLocked({ encryption }: Parameter): boolean {
  return encryption !== undefined;
}

function isScheme(name: string): name is LockScheme {
  return Object.hasOwn(SCHEMES, name);
}

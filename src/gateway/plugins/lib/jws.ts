/** Signed tokens in their compact form (RFC 7515), verified with a key that is at hand. */
import { constants, createHmac, createPublicKey, type KeyObject, verify } from "node:crypto";
import type { JsonObject } from "../../../core/documents.ts";
import { isJsonObject } from "../../../lib/json.ts";
import { equalSecrets } from "./authentication.ts";
import { decodeBase64Url } from "./base64.ts";

export type Jws = {
  readonly header: JsonObject;
  readonly payload: JsonObject;
  /** What is signed: header and payload as they came. */
  readonly signed: string;
  /** Empty where it was not base64: it verifies nothing. */
  readonly signature: Uint8Array;
};

const NO_SIGNATURE = new Uint8Array();

/** Undefined: not three parts of which the first two are JSON objects. */
export function parseJws(token: string): Jws | undefined {
  const [header = "", payload = "", signature, ...rest] = token.split(".");
  const head = parsePart(header);
  const body = parsePart(payload);
  if (signature === undefined || head === undefined || body === undefined || rest.length > 0) {
    return undefined;
  }
  const bytes = decodeBase64Url(signature) ?? NO_SIGNATURE;
  return { header: head, payload: body, signed: `${header}.${payload}`, signature: bytes };
}

function parsePart(part: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(decodeBase64Url(part)?.toString("utf8") ?? "");
    return isJsonObject(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined; // not JSON
  }
}

/** Of the elliptic ones also the bytes of a signature. */
const EC_BYTES: Readonly<Record<string, number>> = { ES256: 64, ES384: 96, ES512: 132 };

/**
 * `alg` is what the key's owner has configured, never what the token says. A key that does not fit
 * verifies nothing.
 */
export function verifyJws(jws: Jws, alg: string, key: Uint8Array | KeyObject): boolean {
  const { signed, signature } = jws;
  const hash = `sha${alg.slice(2)}`;
  if (key instanceof Uint8Array) {
    return (
      alg.startsWith("HS") && equalSecrets(createHmac(hash, key).update(signed).digest(), signature)
    );
  }
  const data = Buffer.from(signed);
  try {
    switch (alg.slice(0, 2)) {
      case "RS":
        return verify(hash, data, { key, padding: constants.RSA_PKCS1_PADDING }, signature);
      case "PS":
        return verify(hash, data, { key, padding: constants.RSA_PKCS1_PSS_PADDING }, signature);
      case "ES":
        if (signature.length !== EC_BYTES[alg]) return false;
        return verify(hash, data, { key, dsaEncoding: "ieee-p1363" }, signature);
      default:
        return alg === "EdDSA" && verify(null, data, key, signature);
    }
  } catch {
    return false; // another sort of key
  }
}

/** Undefined: not a public key in PEM form. */
export function readPublicKey(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}

/** Signatures of requests in the manner of draft-cavage (apisix/plugins/hmac-auth.lua); pure. */
import { createHmac } from "node:crypto";
import { parseHttpTime } from "./http-time.ts";

export const HMAC_ALGORITHMS: Readonly<Record<string, string>> = {
  "hmac-sha1": "sha1",
  "hmac-sha256": "sha256",
  "hmac-sha512": "sha512",
};

/** What the client says of its signature. */
export type HmacFields = {
  readonly keyId?: string;
  readonly algorithm?: string;
  /** base64 */
  readonly signature?: string;
  /** Names in the order in which they are signed. */
  readonly headers?: readonly string[];
};

/** `Signature keyId="…",algorithm="…",…`; undefined: another scheme. Unknown fields are skipped. */
export function parseHmacHeader(header: string): HmacFields | undefined {
  if (!header.startsWith("Signature")) return undefined;
  const fields: { -readonly [name in keyof HmacFields]: HmacFields[name] } = {};
  for (const field of header.slice("Signature".length).split(",")) {
    const { name, value } = parseField(field);
    if (name === "keyId" || name === "algorithm" || name === "signature") fields[name] = value;
    else if (name === "headers") fields.headers = value.split(" ");
  }
  return fields;
}

/** `name="value"`. Without patterns: they would take long for what is made to match nowhere. */
function parseField(field: string): { readonly name: string; readonly value: string } {
  const at = field.indexOf('="');
  const end = at < 0 ? at : field.indexOf('"', at + 2);
  if (end < 0) return { name: "", value: "" };
  const before = field.slice(0, at);
  return { name: before.slice(before.lastIndexOf(" ") + 1), value: field.slice(at + 2, end) };
}

export type HmacRules = {
  readonly allowed_algorithms: readonly string[];
  /** seconds */
  readonly clock_skew: number;
  readonly signed_headers: readonly string[];
};

/** What is wrong before a key is looked at; `now` in seconds, `date` the header. */
export function fieldsProblem(
  rules: HmacRules,
  { keyId, signature, algorithm, headers = [] }: HmacFields,
  date: string | undefined,
  now: number,
): string | undefined {
  if (keyId === undefined || signature === undefined) return "keyId or signature missing";
  if (algorithm === undefined) return "algorithm missing";
  if (!rules.allowed_algorithms.includes(algorithm)) return "Invalid algorithm";
  if (date === undefined) return "Date header missing. failed to validate clock skew";
  const time = parseHttpTime(date);
  if (time === undefined) return "Invalid GMT format time";
  if (Math.abs(now - time) > rules.clock_skew) return "Clock skew exceeded";
  const unsigned = rules.signed_headers.find((name) => !headers.includes(name));
  return unsigned === undefined ? undefined : `expected header "${unsigned}" missing in signing`;
}

/** `target`: method and URI. A header that is not there is not signed, without a trace. */
export function signRequest(
  secret: string,
  { keyId = "", algorithm = "", headers = [] }: HmacFields,
  target: string,
  header: (name: string) => string | undefined,
): Buffer {
  const lines = [keyId];
  for (const name of headers) {
    const value = header(name);
    if (value !== undefined) lines.push(`${name}: ${value}`);
    else if (name === "@request-target") lines.push(target);
  }
  const digest = HMAC_ALGORITHMS[algorithm] ?? "sha256";
  return createHmac(digest, secret)
    .update(`${lines.join("\n")}\n`)
    .digest();
}

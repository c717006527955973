/** Base64 as the original's server decodes it: what is none is refused, not skipped. */

/** The standard alphabet; ends at the first "=". Undefined: it is not base64. */
export function decodeBase64(text: string): Buffer | undefined {
  const end = text.indexOf("=");
  const digits = end < 0 ? text : text.slice(0, end);
  if (!/^[A-Za-z0-9+/]*$/.test(digits) || digits.length % 4 === 1) return undefined;
  return Buffer.from(digits, "base64");
}

/** The alphabet for URLs, without padding. */
export function decodeBase64Url(text: string): Buffer | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return undefined;
  return Buffer.from(text, "base64url");
}

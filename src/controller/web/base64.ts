/** Base64 as strict as the original's decoder, where `Buffer` takes anything. */

/** Undefined for other characters or wrong padding; padding may be left out as a whole. */
export function decodeBase64(text: string): Buffer | undefined {
  const padding = paddingOf(text);
  const digits = text.length - padding;
  const isWhole = padding === 0 ? digits % 4 !== 1 : text.length % 4 === 0;
  if (!isWhole || !isAlphabet(text, digits)) return undefined;
  return Buffer.from(text, "base64");
}

/** The original's test for base64: four characters at a time, padded, blanks around it allowed. */
export function looksLikeBase64(text: string): boolean {
  const trimmed = text.trim();
  const digits = trimmed.length - paddingOf(trimmed);
  return trimmed.length > 0 && trimmed.length % 4 === 0 && isAlphabet(trimmed, digits);
}

function paddingOf(text: string): number {
  if (text.endsWith("==")) return 2;
  return text.endsWith("=") ? 1 : 0;
}

function isAlphabet(text: string, length: number): boolean {
  return /^[A-Za-z0-9+/]*$/.test(text.slice(0, length));
}

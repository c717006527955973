/** What an admin command prints and exits with. Codes: 0 done, 1 refused or failed, 2 bad usage. */
export type AdminResult = {
  readonly code: number;
  /** Lines for stdout, each with its line feed. */
  readonly out: string;
  /** Lines for stderr, each with its line feed. */
  readonly err: string;
};

/** What CouchDB answers for a document that is not there; the original prints it as it is. */
export const MISSING = '{"error":"not_found","reason":"missing"}';

export function done(...lines: readonly string[]): AdminResult {
  return { code: 0, out: text(lines), err: "" };
}

export function failed(...lines: readonly string[]): AdminResult {
  return { code: 1, out: "", err: text(lines) };
}

export function misused(...lines: readonly string[]): AdminResult {
  return { code: 2, out: "", err: text(lines) };
}

function text(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

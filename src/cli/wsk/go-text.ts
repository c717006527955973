/** Small notations of the original's language that show in its input and output. */

const TRUE = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const FALSE = new Set(["0", "f", "F", "FALSE", "false", "False"]);

export function parseBoolean(text: string): boolean | undefined {
  if (TRUE.has(text)) return true;
  return FALSE.has(text) ? false : undefined;
}

const INTEGER = /^([+-]?)(0[xX][\da-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9]\d*|0)$/;

/** Decimal, 0x, 0b, 0o or leading-zero octal, underscores between digits. */
export function parseInteger(text: string): bigint | undefined {
  const match = INTEGER.exec(text.replace(/(?<=[\da-fA-F])_(?=[\da-fA-F])/g, ""));
  if (match === null) return undefined;
  const digits = (match[2] ?? "").replace(/^0(?=[0-7])/, "0o");
  return match[1] === "-" ? -BigInt(digits) : BigInt(digits);
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\u000b": "\\v",
  '"': '\\"',
  "\\": "\\\\",
};

/** A string in double quotes with everything unprintable escaped. */
export function quoteGo(text: string): string {
  const body = [...text].map(
    (char) => SHORT_ESCAPES[char] ?? (isPrintable(char) ? char : hex(char)),
  );
  return `"${body.join("")}"`;
}

/** `[]string{"a", "b"}` */
export function listGo(list: readonly string[]): string {
  return `[]string{${list.map(quoteGo).join(", ")}}`;
}

function isPrintable(char: string): boolean {
  return char === " " || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(char);
}

function hex(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, "0")}`;
  return `\\U${code.toString(16).padStart(8, "0")}`;
}

/** A duration as `0s`, `123ms`, `1.5s`, `1m1.5s`, `1h0m2s`. */
export function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms === 0) return "0s";
  if (ms < 1000) return `${ms}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const seconds = `${(ms % 60_000) / 1000}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

/** `2023-11-14 22:13:20` in the local zone. */
export function formatLocalTime(ms: number): string {
  const at = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** `2023-11-14 22:13:20 +0000 UTC`: local zone, its offset and its name, whole seconds. */
export function formatZonedTime(ms: number): string {
  const at = new Date(Math.floor(ms / 1000) * 1000);
  const offset = -at.getTimezoneOffset();
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  const shift = `${offset < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}${String(minutes).padStart(2, "0")}`;
  const parts = new Intl.DateTimeFormat("en-US", { timeZoneName: "short" }).formatToParts(at);
  const zone = parts.find((part) => part.type === "timeZoneName")?.value ?? "UTC";
  return `${formatLocalTime(at.getTime())} ${shift} ${zone}`;
}

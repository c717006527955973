/**
 * JSON as the original's parser (cjson) reads it: its texts for what is wrong, its depth, and its
 * leave to write line ends as they are within texts (certificates that a shell has put there).
 */
import type { Json } from "../../core/documents.ts";

/** Arrays and objects within each other. */
const DEPTH_MAX = 1000;

export type Parsed =
  | { readonly value: Json; readonly problem?: undefined }
  | { readonly problem: string };

export function parseCjson(text: string): Parsed {
  const problem = depthProblem(text);
  if (problem !== undefined) return { problem };
  try {
    return { value: JSON.parse(text) as Json };
  } catch {
    const wrong = diagnose(text);
    return wrong === undefined ? { value: JSON.parse(strict(text)) as Json } : { problem: wrong };
  }
}

/** A control character as it stands in a text (a line end, mostly), or a number with more zeros. */
const LENIENT = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gu;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is escaped
const CONTROL = /[\u0000-\u001f]/gu;

/** What the original's parser takes beyond JSON, written as JSON. */
function strict(text: string): string {
  return text.replace(LENIENT, (token) =>
    token.startsWith('"')
      ? token.replace(CONTROL, (sign) => JSON.stringify(sign).slice(1, -1))
      : token.replace(/^(-?)0+(?=\d)/u, "$1"),
  );
}

/** A text that is open ends with the input: its signs must not each be tried as a beginning. */
const NESTING = /"[^"\\]*(?:\\[\s\S][^"\\]*)*(?:"|\\?$)|[[\]{}]/gu;

function depthProblem(text: string): string | undefined {
  if (text.length <= DEPTH_MAX) return undefined;
  let depth = 0;
  for (const [token] of text.matchAll(NESTING)) {
    if (token === "[" || token === "{") depth += 1;
    else if (token === "]" || token === "}") depth -= 1;
    if (depth > DEPTH_MAX) return `Found too many nested data structures (${depth})`;
  }
  return undefined;
}

type Token = { readonly type: string; readonly at: number };

const SIGNS: Readonly<Record<string, string>> = {
  "{": "T_OBJ_BEGIN",
  "}": "T_OBJ_END",
  "[": "T_ARR_BEGIN",
  "]": "T_ARR_END",
  ":": "T_COLON",
  ",": "T_COMMA",
};

const TOKEN = new RegExp(
  [
    String.raw`[ \t\r\n]*(?:([{}[\]:,])`,
    String.raw`("[^"\\\0]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\0]*)*")`,
    String.raw`(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)`,
    "(true|false)",
    "(null)",
    "$)",
  ].join("|"),
  "uy",
);

const WHOLE_TEXT = /^"[^"\\\0]*(?:\\[^\0][^"\\\0]*)*"/u;

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  next(): Token {
    TOKEN.lastIndex = this.#at;
    const match = TOKEN.exec(this.#text);
    if (match === null) return this.#wrong();
    const [whole, sign, string, number, boolean, nothing] = match;
    const body = sign ?? string ?? number ?? boolean ?? nothing ?? "";
    const at = this.#at + whole.length - body.length;
    this.#at += whole.length;
    if (sign !== undefined) return { type: SIGNS[sign] ?? "T_UNKNOWN", at };
    if (string !== undefined) return { type: "T_STRING", at };
    if (number !== undefined) return { type: "T_NUMBER", at };
    if (boolean !== undefined) return { type: "T_BOOLEAN", at };
    return { type: nothing === undefined ? "T_END" : "T_NULL", at };
  }

  #wrong(): Token {
    const rest = this.#text.slice(this.#at);
    const at = this.#at + rest.length - rest.trimStart().length;
    if (this.#text[at] !== '"' || WHOLE_TEXT.test(rest.trimStart())) {
      return { type: "invalid token", at };
    }
    const nul = this.#text.indexOf("\0", at);
    return { type: "unexpected end of string", at: nul < 0 ? this.#text.length : nul };
  }
}

class Unexpected extends Error {}

function expected(what: string, { type, at }: Token): Unexpected {
  return new Unexpected(`Expected ${what} but found ${type} at character ${at + 1}`);
}

/** "Expected value but found T_OBJ_END at character 6"; undefined: the original would take it. */
function diagnose(text: string): string | undefined {
  const scanner = new Scanner(text);
  try {
    value(scanner, scanner.next());
    const end = scanner.next();
    return end.type === "T_END" ? undefined : expected("the end", end).message;
  } catch (error) {
    if (error instanceof Unexpected) return error.message;
    throw error;
  }
}

const SCALARS = new Set(["T_STRING", "T_NUMBER", "T_BOOLEAN", "T_NULL"]);

function value(scanner: Scanner, token: Token): void {
  if (token.type === "T_OBJ_BEGIN") object(scanner);
  else if (token.type === "T_ARR_BEGIN") array(scanner);
  else if (!SCALARS.has(token.type)) throw expected("value", token);
}

function object(scanner: Scanner): void {
  let token = scanner.next();
  if (token.type === "T_OBJ_END") return;
  for (;;) {
    if (token.type !== "T_STRING") throw expected("object key string", token);
    const colon = scanner.next();
    if (colon.type !== "T_COLON") throw expected("colon", colon);
    value(scanner, scanner.next());
    const after = scanner.next();
    if (after.type === "T_OBJ_END") return;
    if (after.type !== "T_COMMA") throw expected("comma or object end", after);
    token = scanner.next();
  }
}

function array(scanner: Scanner): void {
  let token = scanner.next();
  if (token.type === "T_ARR_END") return;
  for (;;) {
    value(scanner, token);
    const after = scanner.next();
    if (after.type === "T_ARR_END") return;
    if (after.type !== "T_COMMA") throw expected("comma or array end", after);
    token = scanner.next();
  }
}

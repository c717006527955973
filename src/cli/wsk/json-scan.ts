/**
 * Finds the first JSON value of a text and says what is wrong with it in the words of the
 * original's decoder, which end up in error messages (wsk-cli 1.4).
 */
import { quoteGo } from "./go-text.ts";

/** Thrown with the decoder's message. */
export class ScanError extends Error {}

/** The text of the first value, without what follows it. Throws ScanError. */
export function firstValue(text: string): string {
  const scanner = new Scanner(text);
  scanner.skipSpace();
  if (scanner.isAtEnd) throw new ScanError("EOF");
  const start = scanner.at;
  scanner.value();
  return text.slice(start, scanner.at);
}

const SPACE = /[ \t\r\n]*/y;
const DIGITS = /\d*/y;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** A character that stands for itself in a string; not so NaN, the end of the text. */
function isPlain(code: number): boolean {
  return code >= 0x20 && code !== QUOTE && code !== BACKSLASH;
}

class Scanner {
  readonly #text: string;
  at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#text.length;
  }

  skipSpace(): void {
    this.#skip(SPACE);
  }

  value(): void {
    const first = this.#peek();
    if (first === "{") this.#object();
    else if (first === "[") this.#array();
    else if (first === '"') this.#string();
    else if (first === "t") this.#literal("true");
    else if (first === "f") this.#literal("false");
    else if (first === "n") this.#literal("null");
    else if (first === "-" || /\d/.test(first)) this.#number();
    else this.#fail("looking for beginning of value");
  }

  #object(): void {
    this.at += 1;
    this.skipSpace();
    if (this.#take("}")) return;
    for (;;) {
      if (this.#peek() !== '"') this.#fail("looking for beginning of object key string");
      this.#string();
      this.skipSpace();
      if (!this.#take(":")) this.#fail("after object key");
      this.skipSpace();
      this.value();
      this.skipSpace();
      if (this.#take("}")) return;
      if (!this.#take(",")) this.#fail("after object key:value pair");
      this.skipSpace();
    }
  }

  #array(): void {
    this.at += 1;
    this.skipSpace();
    if (this.#take("]")) return;
    for (;;) {
      this.value();
      this.skipSpace();
      if (this.#take("]")) return;
      if (!this.#take(",")) this.#fail("after array element");
      this.skipSpace();
    }
  }

  #string(): void {
    this.at += 1;
    for (;;) {
      while (isPlain(this.#text.charCodeAt(this.at))) this.at += 1;
      if (this.#take('"')) return;
      if (!this.#take("\\")) this.#fail("in string literal");
      this.#escape();
    }
  }

  #escape(): void {
    const letter = this.#peek();
    if (!'bfnrt\\/"u'.includes(letter)) this.#fail("in string escape code");
    this.at += 1;
    for (let digit = 0; letter === "u" && digit < 4; digit += 1) {
      if (!/[\da-fA-F]/.test(this.#peek())) this.#fail("in \\u hexadecimal character escape");
      this.at += 1;
    }
  }

  #literal(word: string): void {
    for (const letter of word) {
      if (this.#peek() !== letter) this.#fail(`in literal ${word} (expecting '${letter}')`);
      this.at += 1;
    }
  }

  #number(): void {
    if (this.#take("-") && !/\d/.test(this.#peek())) this.#fail("in numeric literal");
    if (!this.#take("0")) this.#skip(DIGITS);
    if (this.#take(".")) {
      if (!/\d/.test(this.#peek())) this.#fail("after decimal point in numeric literal");
      this.#skip(DIGITS);
    }
    if (this.#take("e") || this.#take("E")) {
      if (!this.#take("+")) this.#take("-");
      if (!/\d/.test(this.#peek())) this.#fail("in exponent of numeric literal");
      this.#skip(DIGITS);
    }
  }

  /** The next character; at the end of the text the value is cut short. */
  #peek(): string {
    if (this.isAtEnd) throw new ScanError("unexpected EOF");
    return this.#text.charAt(this.at);
  }

  #take(char: string): boolean {
    if (this.#text.charAt(this.at) !== char) return false;
    this.at += 1;
    return true;
  }

  #skip(pattern: RegExp): void {
    pattern.lastIndex = this.at;
    this.at += pattern.exec(this.#text)?.[0].length ?? 0;
  }

  #fail(where: string): never {
    throw new ScanError(`invalid character ${quoteByte(this.#peek())} ${where}`);
  }
}

/** The first byte of a character in single quotes, as the decoder shows it. */
function quoteByte(char: string): string {
  if (char === "'") return "'\\''";
  if (char === '"') return "'\"'";
  const byte = String.fromCharCode(Buffer.from(char)[0] ?? 0);
  return `'${quoteGo(byte).slice(1, -1)}'`;
}

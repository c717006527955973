/**
 * What is wrong with a text that is no JSON, told in the words of spray-json (the parser behind the
 * original's API), so that what a user pastes into a search engine finds the same answers.
 */

/** How deep arrays and objects may nest, as in the original (its parser's default). */
export const JSON_NESTING_MAX = 1000;

/**
 * Characters of the faulty line that a diagnosis shows. The original shows all of it, which would
 * answer one bad line of 50 MB with 100 MB.
 */
const LINE_SHOWN_MAX = 1000;

export const TOO_DEEP = `JSON input nested too deeply:JSON input was nested more deeply than the configured limit of maxNesting = ${JSON_NESTING_MAX}`;

/** A text that is not JSON; `message` is the diagnosis, with the line and a caret below it. */
export class JsonSyntaxError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "JsonSyntaxError";
  }
}

/** What is wrong with a text that `JSON.parse` refused. */
export function diagnose(text: string): string {
  try {
    new Diagnosis(text).value(JSON_NESTING_MAX, true);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error.message;
    throw error;
  }
  // Both grammars are RFC 8259; this is reached only if they should ever differ.
  return "The text is not valid JSON.";
}

const END = -1;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LITERALS: Readonly<Record<string, string>> = { f: "false", n: "null", t: "true" };

/**
 * Reads the UTF-8 bytes up to the first one that breaks the grammar. Indexes are byte offsets and
 * an unexpected byte is shown as the Latin-1 character of its value, both as in the original.
 */
class Diagnosis {
  readonly #bytes: Buffer;
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#bytes = Buffer.from(text);
  }

  value(levels: number, isWhole = false): void {
    if (isWhole) this.#blanks();
    if (levels === 0) throw new JsonSyntaxError(TOO_DEEP);
    const start = this.#at;
    const first = this.#char();
    const literal = LITERALS[first];
    if (literal !== undefined) this.#literal(literal, start);
    else if (first === "{") this.#object(levels);
    else if (first === "[") this.#array(levels);
    else if (first === '"') this.#string();
    else if (first === "-" || isDigit(first)) this.#number();
    else this.#fail("JSON Value");
    if (isWhole && this.#byte() !== END) this.#fail("end-of-input");
  }

  #literal(word: string, start: number): void {
    for (const char of word) {
      if (this.#char() !== char) this.#fail("JSON Value", start);
      this.#at += 1;
    }
    this.#blanks();
  }

  #object(levels: number): void {
    this.#take("{");
    if (this.#taken("}")) return;
    do {
      this.#string();
      this.#take(":");
      this.value(levels - 1);
    } while (this.#taken(","));
    this.#take("}");
  }

  #array(levels: number): void {
    this.#take("[");
    if (this.#taken("]")) return;
    do this.value(levels - 1);
    while (this.#taken(","));
    this.#take("]");
  }

  #number(): void {
    if (this.#char() === "-") this.#at += 1;
    if (this.#char() === "0") this.#at += 1;
    else this.#digits();
    if (this.#char() === ".") {
      this.#at += 1;
      this.#digits();
    }
    if (this.#char() === "e" || this.#char() === "E") {
      this.#at += 1;
      if (this.#char() === "-" || this.#char() === "+") this.#at += 1;
      this.#digits();
    }
    this.#blanks();
  }

  #digits(): void {
    if (!isDigit(this.#char())) this.#fail("DIGIT");
    while (isDigit(this.#char())) this.#at += 1;
  }

  #string(): void {
    if (this.#byte() !== QUOTE) this.#fail("'\"'");
    this.#at += 1;
    while (this.#byte() >= 0x20 && this.#byte() !== QUOTE) {
      if (this.#byte() === BACKSLASH) this.#escape();
      this.#at += 1;
    }
    this.#take('"');
  }

  /** Leaves the cursor on the last character of the escape. */
  #escape(): void {
    this.#at += 1;
    if (this.#char() !== "u") {
      if (!'"/\\bfnrt'.includes(this.#char() || "x")) this.#fail("JSON escape sequence");
      return;
    }
    for (let digit = 0; digit < 4; digit += 1) {
      this.#at += 1;
      if (!/^[0-9a-fA-F]$/.test(this.#char())) this.#fail("hex digit");
    }
  }

  #taken(char: string): boolean {
    if (this.#char() !== char) return false;
    this.#take(char);
    return true;
  }

  #take(char: string): void {
    if (this.#char() !== char) this.#fail(`'${char}'`);
    this.#at += 1;
    this.#blanks();
  }

  #blanks(): void {
    while (" \n\r\t".includes(this.#char() || "x")) this.#at += 1;
  }

  #byte(): number {
    return this.#bytes[this.#at] ?? END;
  }

  /** The character at the cursor, "" at the end. */
  #char(): string {
    const byte = this.#byte();
    return byte === END ? "" : String.fromCharCode(byte);
  }

  #fail(expected: string, index = this.#at): never {
    const { number, column, line, caret } = lineAt(this.#text, index);
    const char = this.#char();
    const found = char === "" ? "end-of-input" : `character '${visible(char)}'`;
    throw new JsonSyntaxError(
      `Unexpected ${found} at input index ${index} (line ${number}, position ${column}), ` +
        `expected ${expected}:\n${line.replace(CONTROLS, "?")}\n${" ".repeat(caret)}^\n`,
    );
  }
}

const isDigit = (char: string): boolean => char >= "0" && char <= "9";

// Java's ISO control characters.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are the subject
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g;

function visible(char: string): string {
  return char.replace(CONTROLS, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

type Line = { number: number; column: number; line: string; caret: number };

/**
 * The line that holds `index`, and how far from its start the caret stands; like the original,
 * characters are counted against a byte index. Of a long line only the neighbourhood is given.
 */
function lineAt(text: string, index: number): Line {
  let number = 1;
  let start = 0;
  let end = text.indexOf("\n");
  while (end !== -1 && end < index) {
    number += 1;
    start = end + 1;
    end = text.indexOf("\n", start);
  }
  const column = index - start + 1;
  const stop = end === -1 ? text.length : end;
  const from = stop - start > LINE_SHOWN_MAX ? Math.max(start, index - LINE_SHOWN_MAX / 2) : start;
  const line = text.slice(from, Math.min(stop, from + LINE_SHOWN_MAX));
  return { number, column, line, caret: index - from };
}

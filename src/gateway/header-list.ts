/**
 * HTTP header fields in the order and spelling they came in; names are compared without regard to
 * case. Kept as node keeps raw headers, name and value in turn, so that nothing is copied on the
 * way from one socket to the other.
 */
export class HeaderList {
  /** name, value, name, value… with one character per byte */
  readonly raw: string[];

  constructor(raw: string[] = []) {
    this.raw = raw;
  }

  /** Of one value or several per name; names that are none are left out. */
  static from(headers: Readonly<Record<string, HeaderValue>>): HeaderList {
    const list = new HeaderList();
    for (const [name, value] of Object.entries(headers)) {
      if (isHeaderName(name)) list.set(name, value);
    }
    return list;
  }

  /** The first value, as text. */
  get(name: string): string | undefined {
    const at = this.indexOf(name, 0);
    return at < 0 ? undefined : headerText(this.raw[at + 1] ?? "");
  }

  getAll(name: string): string[] {
    const values: string[] = [];
    for (let at = this.indexOf(name, 0); at >= 0; at = this.indexOf(name, at + 2)) {
      values.push(headerText(this.raw[at + 1] ?? ""));
    }
    return values;
  }

  has(name: string): boolean {
    return this.indexOf(name, 0) >= 0;
  }

  /** Takes the place of all fields of the name; a list makes several. */
  set(name: string, value: HeaderValue): void {
    if (typeof value === "object") {
      this.remove(name);
      for (const one of value) this.raw.push(name, fieldValue(one));
      return;
    }
    const at = this.indexOf(name, 0);
    if (at < 0) {
      this.raw.push(name, fieldValue(value));
      return;
    }
    this.raw[at] = name;
    this.raw[at + 1] = fieldValue(value);
    this.removeFrom(name, at + 2);
  }

  add(name: string, value: string | number): void {
    this.raw.push(name, fieldValue(value));
  }

  remove(name: string): void {
    this.removeFrom(name, 0);
  }

  /** Makes one field of all those of the name, byte for byte. */
  join(name: string, separator: string): void {
    const first = this.indexOf(name, 0);
    if (first < 0) return;
    let value = this.raw[first + 1] ?? "";
    for (let at = this.indexOf(name, first + 2); at >= 0; at = this.indexOf(name, at + 2)) {
      value += separator + this.raw[at + 1];
    }
    this.raw[first + 1] = value;
    this.removeFrom(name, first + 2);
  }

  copy(): HeaderList {
    return new HeaderList(this.raw.slice());
  }

  /** Distinct names, each in the spelling of its first field. */
  names(): string[] {
    const seen = new Map<string, string>();
    for (const [name] of this)
      if (!seen.has(name.toLowerCase())) seen.set(name.toLowerCase(), name);
    return [...seen.values()];
  }

  /** By name in lower case; several fields of one name are joined by ", ". */
  toObject(): Record<string, string> {
    const object: Record<string, string> = {};
    for (const [name, value] of this) {
      const key = name.toLowerCase();
      const text = headerText(value);
      const before = object[key];
      object[key] = before === undefined ? text : `${before}, ${text}`;
    }
    return object;
  }

  /** Names and values as they are sent. */
  *[Symbol.iterator](): Generator<readonly [string, string]> {
    for (let at = 0; at < this.raw.length; at += 2) {
      yield [this.raw[at] ?? "", this.raw[at + 1] ?? ""];
    }
  }

  private indexOf(name: string, from: number): number {
    const { raw } = this;
    const { length } = name;
    let lower: string | undefined;
    for (let at = from; at < raw.length; at += 2) {
      const other = raw[at] as string;
      if (other.length !== length) continue;
      if (other === name) return at;
      lower ??= name.toLowerCase();
      if (other.toLowerCase() === lower) return at;
    }
    return -1;
  }

  private removeFrom(name: string, from: number): void {
    for (let at = this.indexOf(name, from); at >= 0; at = this.indexOf(name, at)) {
      this.raw.splice(at, 2);
    }
  }
}

/** A token (RFC 9110 5.6.2), as names of headers are, and methods. */
export const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Nothing else can be sent, and a configuration may say anything. */
export function isHeaderName(name: string): boolean {
  return TOKEN.test(name);
}

export type HeaderValue = string | number | readonly string[];

/**
 * Raw fields hold one character per byte, as node reads them. Text becomes UTF-8, and what would
 * end the line is escaped, so that no value can add a field of its own.
 */
function fieldValue(value: string | number): string {
  if (typeof value === "number") return String(value);
  if (!UNSAFE.test(value)) return value;
  return Buffer.from(value).toString("latin1").replace(CONTROL, encodeURIComponent);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/g;
const UNSAFE = /[^\t\x20-\x7e]/;

/** What the bytes of a value say in UTF-8; those that are none count as Latin-1. */
export function headerText(value: string): string {
  if (!BEYOND_ASCII.test(value)) return value;
  const text = Buffer.from(value, "latin1").toString("utf8");
  return text.includes("\ufffd") ? value : text;
}

const BEYOND_ASCII = /[\x80-\xff]/;

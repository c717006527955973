/**
 * Query arguments as nginx's Lua module reads and writes them: "+" and %XX decoded, an argument
 * without "=" is `true`, repeated ones keep all their values in order.
 */
export type ArgValue = string | true;

export class QueryArgs {
  private readonly values = new Map<string, ArgValue[]>();

  static parse(query: string): QueryArgs {
    const args = new QueryArgs();
    for (const part of query.split("&")) {
      if (part === "") continue;
      const at = part.indexOf("=");
      if (at < 0) args.add(decodeArg(part), true);
      else args.add(decodeArg(part.slice(0, at)), decodeArg(part.slice(at + 1)));
    }
    return args;
  }

  /** The first value; an argument without one is `true`. */
  get(name: string): ArgValue | undefined {
    return this.values.get(name)?.[0];
  }

  getAll(name: string): readonly ArgValue[] {
    return this.values.get(name) ?? [];
  }

  set(name: string, value: ArgValue | readonly ArgValue[]): void {
    this.values.set(name, typeof value === "object" ? [...value] : [value]);
  }

  add(name: string, value: ArgValue): void {
    const before = this.values.get(name);
    if (before === undefined) this.values.set(name, [value]);
    else before.push(value);
  }

  delete(name: string): boolean {
    return this.values.delete(name);
  }

  /** name and value in turn, repeated names apart. */
  *[Symbol.iterator](): Generator<readonly [string, ArgValue]> {
    for (const [name, values] of this.values) for (const value of values) yield [name, value];
  }

  toString(): string {
    const parts: string[] = [];
    for (const [name, value] of this) {
      const key = encodeArg(name);
      parts.push(value === true ? key : `${key}=${encodeArg(value)}`);
    }
    return parts.join("&");
  }
}

/** As `ngx.unescape_uri`: what is not an escape stays as it is. */
function decodeArg(text: string): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  return decodePercent(spaced);
}

/** Decodes %XX; bytes that are not UTF-8 become U+FFFD, stray percent signs stay. */
export function decodePercent(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return decodeLoosely(text);
  }
}

function decodeLoosely(text: string): string {
  return text.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) =>
    Buffer.from(run.replaceAll("%", ""), "hex").toString("utf8"),
  );
}

/** As `ngx.escape_uri`: everything but letters, digits and "-._~" (and "!'()*" in a query). */
function encodeArg(text: string): string {
  return encodeURIComponent(text.isWellFormed() ? text : text.toWellFormed());
}

/**
 * Flags by the grammar of the original's parser: anywhere among the arguments, `--name value`,
 * `--name=value`, `-n value`, `-nvalue`, clusters of switches, `--` ends them (wsk-cli 1.2, 1.4).
 */
import { parseBoolean, parseInteger } from "./go-text.ts";
import { EXIT, WskError } from "./wsk-error.ts";

export type FlagType = "bool" | "string" | "int" | "pairs" | "list";

export type FlagSpec = {
  readonly name: string;
  readonly short?: string;
  readonly type: FlagType;
  /** description in the help; the word between back quotes names the value */
  readonly usage: string;
  readonly default?: string | number;
};

/** Thrown when help was asked for. */
export class HelpWanted extends Error {}

export class FlagSet {
  readonly #specs: readonly FlagSpec[];
  readonly #values = new Map<string, string[]>();

  constructor(specs: readonly FlagSpec[]) {
    this.#specs = specs;
  }

  isSet(name: string): boolean {
    return this.#values.has(name);
  }

  switchedOn(name: string): boolean {
    return parseBoolean(this.text(name)) === true;
  }

  /** Last value given, else the default, else "". */
  text(name: string): string {
    const spec = this.#specs.find((candidate) => candidate.name === name);
    return this.#values.get(name)?.at(-1) ?? String(spec?.default ?? "");
  }

  integer(name: string): number {
    return Number(parseInteger(this.text(name)) ?? 0);
  }

  list(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  byName(name: string): FlagSpec | undefined {
    return this.#specs.find((spec) => spec.name === name);
  }

  byShort(short: string): FlagSpec | undefined {
    return this.#specs.find((spec) => spec.short === short);
  }

  /** Reads all flags; gives the other arguments. Throws WskError, or HelpWanted for --help. */
  parse(args: readonly string[]): readonly string[] {
    const rest: string[] = [];
    const queue = [...args];
    for (let arg = queue.shift(); arg !== undefined; arg = queue.shift()) {
      if (arg === "--") return [...rest, ...queue];
      if (arg.startsWith("--")) this.#readLong(arg, queue);
      else if (arg.startsWith("-") && arg.length > 1) this.#readShorts(arg, queue);
      else rest.push(arg);
    }
    return rest;
  }

  #readLong(arg: string, queue: string[]): void {
    const [name = "", ...values] = arg.slice(2).split("=");
    if (name === "" || name.startsWith("-")) throw plain(`bad flag syntax: ${arg}`);
    const spec = this.byName(name);
    if (spec === undefined) {
      if (name === "help") throw new HelpWanted();
      throw plain(`unknown flag: --${name}`);
    }
    if (values.length > 0) this.#set(spec, values.join("="));
    else this.#setNext(spec, queue, `flag needs an argument: --${name}`);
  }

  #readShorts(arg: string, queue: string[]): void {
    for (let rest = arg.slice(1); rest !== ""; ) {
      const short = rest.charAt(0);
      const spec = this.byShort(short);
      if (spec === undefined) {
        if (short === "h") throw new HelpWanted();
        throw plain(`unknown shorthand flag: '${short}' in -${rest}`);
      }
      rest = this.#readShort(spec, rest, queue);
    }
  }

  /** Reads the flag that `rest` starts with; gives the flags after it in the same cluster. */
  #readShort(spec: FlagSpec, rest: string, queue: string[]): string {
    const tail = rest.slice(1);
    if (tail.length > 1 && tail.startsWith("=")) this.#set(spec, tail.slice(1));
    else if (spec.type === "bool") {
      this.#set(spec, "true");
      return tail;
    } else if (tail !== "") this.#set(spec, tail);
    else this.#setNext(spec, queue, `flag needs an argument: '${spec.short}' in -${rest}`);
    return "";
  }

  #setNext(spec: FlagSpec, queue: string[], complaint: string): void {
    const value = spec.type === "bool" ? "true" : queue.shift();
    if (value === undefined) throw plain(complaint);
    this.#set(spec, value);
  }

  #set(spec: FlagSpec, value: string): void {
    const problem = problemOf(spec, value);
    if (problem !== undefined) {
      const short = spec.short === undefined ? "" : `-${spec.short}, `;
      throw plain(
        `invalid argument ${JSON.stringify(value)} for "${short}--${spec.name}" flag: ${problem}`,
      );
    }
    const known = this.#values.get(spec.name) ?? [];
    this.#values.set(spec.name, [
      ...known,
      ...(spec.type === "pairs" ? value.split(",") : [value]),
    ]);
  }
}

function problemOf(spec: FlagSpec, value: string): string | undefined {
  const quoted = JSON.stringify(value);
  if (spec.type === "bool" && parseBoolean(value) === undefined) {
    return `strconv.ParseBool: parsing ${quoted}: invalid syntax`;
  }
  if (spec.type !== "int") return undefined;
  const number = parseInteger(value);
  if (number === undefined) return `strconv.ParseInt: parsing ${quoted}: invalid syntax`;
  const isInRange = BigInt.asIntN(64, number) === number;
  return isInRange ? undefined : `strconv.ParseInt: parsing ${quoted}: value out of range`;
}

function plain(text: string): WskError {
  return new WskError(text, EXIT.general, { display: "plain" });
}

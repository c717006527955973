/** What a command gets: its arguments, the properties in effect, the client and the output. */
import type { WhiskClient } from "../../client/client.ts";
import { type Encodable, encode } from "../../client/json.ts";
import type { Cut } from "./cut-options.ts";
import type { FlagSet } from "./flag-set.ts";
import type { Io, Paint } from "./io.ts";
import type { Properties } from "./properties.ts";
import { usageError } from "./wsk-error.ts";

export type Context = {
  /** arguments without flags */
  readonly args: readonly string[];
  readonly flags: FlagSet;
  readonly cut: Cut;
  readonly properties: Properties;
  readonly propertyFile: string;
  /** throws the error of a missing API host when there is none */
  readonly client: () => WhiskClient;
  readonly io: Io;
  readonly paint: Paint;
};

const JSON_INDENT = "    ";

/** JSON as the original prints it, with a newline at the end. */
export function printable(value: Encodable): string {
  return `${encode(value, JSON_INDENT)}\n`;
}

/** `ok: TEXT` on standard output. */
export function printOk(context: Context, text: string): void {
  context.io.out(`${context.paint.green("ok:")} ${text}\n`);
}

export function printJson(context: Context, value: Encodable): void {
  context.io.out(printable(value));
}

/** Throws the usage error of too few or too many arguments; `required` says what is wanted. */
export function checkArgs(
  args: readonly string[],
  least: number,
  most: number,
  required: string,
): void {
  if (args.length < least) throw usageError(`Invalid argument(s). ${required}`);
  if (args.length > most) {
    throw usageError(`Invalid argument(s): ${args.slice(most).join(", ")}. ${required}`);
  }
}

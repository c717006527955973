/** Options that a later version brings: refused in one line, never ignored. */
import type { FlagSet } from "./flag-set.ts";
import { EXIT, WskError } from "./wsk-error.ts";

export function refuseLaterOptions(flags: FlagSet, names: readonly string[]): void {
  const found = names.find((name) => flags.isSet(name));
  if (found === undefined) return;
  throw new WskError(`The option --${found} is not available in this version yet.`, EXIT.usage);
}

/** Times in tokens (RFC 7519, 4.1.4 and 4.1.5), as jwt-auth holds them against the clock; pure. */
import type { JsonObject } from "../../../core/documents.ts";

const TIMES = ["nbf", "exp"];

/**
 * Those named must be there; when none is named, those that are there must hold. `now` and `grace`
 * in seconds.
 */
export function claimsProblem(
  payload: JsonObject,
  named: readonly string[] | undefined,
  now: number,
  grace: number,
): string | undefined {
  const isOptional = named === undefined || named.length === 0;
  for (const name of isOptional ? TIMES : named) {
    const claim = payload[name];
    if (claim === undefined && isOptional) continue;
    if (claim === undefined) return `claim ${name} is missing`;
    if (typeof claim !== "number") return `claim ${name} is not a number`;
    if (name === "nbf" && claim >= now + grace) return "'nbf' claim not valid until then";
    if (name === "exp" && claim <= now - grace) return "'exp' claim expired";
  }
  return undefined;
}

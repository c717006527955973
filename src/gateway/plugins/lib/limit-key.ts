/** By what requests are told apart when they are limited. */
import type { RequestContext } from "../../request-context.ts";
import { asText } from "../../template.ts";

export type KeyType = "var" | "var_combination" | "constant";

/** The client's address stands in where the configured key has no value in this request. */
export function limitKey(ctx: RequestContext, key: string, type: KeyType): string {
  return keyValue(ctx, key, type) ?? ctx.client.address;
}

function keyValue(ctx: RequestContext, key: string, type: KeyType): string | undefined {
  if (type === "constant") return key;
  if (type === "var_combination") {
    const { text, count } = ctx.resolveCounted(key);
    return count === 0 ? undefined : text;
  }
  const value = ctx.var(key);
  return value === undefined ? undefined : asText(value);
}

/** A limit of a rule: a number, or a template of one. */
export type Amount = number | string;
export type ResolvedAmount = { readonly amount: number } | { readonly problem: string };

/** What a template comes to must be a whole number of at least `least`. */
export function resolveAmount(ctx: RequestContext, given: Amount, least: 0 | 1): ResolvedAmount {
  if (typeof given === "number") return { amount: given };
  const text = ctx.resolve(given);
  const amount = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isNaN(amount)) return { problem: "resolved value is not a number" };
  if (amount < least) {
    const wanted = least === 0 ? "a non-negative number" : "a positive number";
    return { problem: `resolved value must be ${wanted}, got: ${amount}` };
  }
  if (!Number.isInteger(amount)) {
    return { problem: `resolved value must be an integer, got: ${amount}` };
  }
  if (!Number.isSafeInteger(amount)) {
    return { problem: `resolved value exceeds safe integer range (2^53-1), got: ${amount}` };
  }
  return { amount };
}

/** The list of rules does not say whether they are active: each is asked for (wsk-cli 8). */
import type { Listed } from "../../client/records.ts";
import type { Context } from "./context.ts";
import { wrapError } from "./wsk-error.ts";

/** The rules with their status; one that cannot be had ends the list. */
export async function withStatus(
  context: Context,
  namespace: string,
  rules: readonly Listed[],
): Promise<readonly Listed[]> {
  const known: Listed[] = [];
  for (const rule of rules) {
    try {
      const { status } = await context.client().rule(namespace, rule.name);
      known.push({ ...rule, status });
    } catch (cause) {
      const complaint = `Unable to get status of rule '${rule.name}': `;
      const failed = wrapError((inner) => complaint + inner, cause);
      // The original says it on both streams.
      context.io.out(`${failed.message}\n`);
      throw failed;
    }
  }
  return known;
}

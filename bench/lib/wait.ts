/** Waiting for state. */
import { setTimeout as sleep } from "node:timers/promises";

/** Polls until `condition` holds; false when it still does not after `timeoutMs`. */
export async function waitFor(
  condition: () => boolean | Promise<boolean>,
  options: { readonly timeoutMs: number; readonly everyMs?: number },
): Promise<boolean> {
  const deadline = performance.now() + options.timeoutMs;
  while (!(await condition())) {
    if (performance.now() >= deadline) return false;
    await sleep(options.everyMs ?? 20);
  }
  return true;
}

import { setTimeout as pause } from "node:timers/promises";
import { inspect } from "node:util";

export type WaitOptions = {
  /** Longest wait, milliseconds; default 10 s. */
  readonly timeoutMs?: number;
  /** Pause between two looks, milliseconds; default 20. */
  readonly everyMs?: number;
};

/**
 * Looks again and again until `predicate` gives something truthy, and returns that. Tests wait with
 * it for a state, never for a time. Rejects after `timeoutMs`, naming what was awaited and the last
 * value (or error) seen; an error thrown by `predicate` only means "not yet".
 */
export async function waitFor<T>(
  description: string,
  predicate: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<Exclude<T, false | undefined | null | 0 | "">> {
  const { timeoutMs = 10_000, everyMs = 20 } = options;
  const end = performance.now() + timeoutMs;
  let last: unknown;
  let failure: unknown;
  for (;;) {
    try {
      const value = await predicate();
      if (value) return value as Exclude<T, false | undefined | null | 0 | "">;
      last = value;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    if (performance.now() >= end) break;
    await pause(everyMs);
  }
  const seen = failure instanceof Error ? failure.message : inspect(last, { depth: 4 });
  throw new Error(`waited ${timeoutMs} ms for ${description}; last seen: ${seen}`, {
    cause: failure,
  });
}

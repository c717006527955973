/** Delays that plugins put into the way of requests. */

/** The longest delay of a node timer: beyond it would not wait at all. */
const DELAY_MS_MAX = 2 ** 31 - 1;

/** Resolves after so many milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.min(ms, DELAY_MS_MAX)));
}

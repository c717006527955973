/** Hands changes to listeners in groups: at once when it was quiet, else a burst together. */
import type { ConfigChange } from "../config-store.ts";

/** Pause between two groups of a burst, ms; half of what the port promises at most. */
const PAUSE_MS = 20;

export class ChangeGroups {
  readonly #listeners = new Set<(changes: readonly ConfigChange[]) => void>();
  #waiting: ConfigChange[] = [];
  #timer: NodeJS.Timeout | undefined;
  #handedMs = Number.NEGATIVE_INFINITY;

  add(change: ConfigChange): void {
    if (this.#listeners.size === 0) return;
    this.#waiting.push(change);
    if (this.#timer !== undefined) return;
    const pause = Math.max(this.#handedMs + PAUSE_MS - performance.now(), 0);
    this.#timer = setTimeout(() => this.#hand(), pause);
  }

  /** Returns how to end it. */
  watch(listener: (changes: readonly ConfigChange[]) => void): () => void {
    // What is waiting was written before this call: it is not for the new listener.
    this.#hand();
    const own = (changes: readonly ConfigChange[]): void => listener(changes);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  #hand(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const changes = this.#waiting;
    if (changes.length === 0) return;
    this.#waiting = [];
    this.#handedMs = performance.now();
    for (const listener of [...this.#listeners]) listener(changes);
  }
}

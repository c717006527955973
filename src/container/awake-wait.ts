/**
 * Waiting awake for a reply that is due at once. A process that goes to sleep must be woken, which
 * takes longer than a short run itself: while exactly one call is out and such calls are usually
 * answered quickly, the event loop is kept turning instead. Costs processor time only where nothing
 * else was to be done, and at most `AWAKE_MS` per call.
 */
export const AWAKE_MS = 0.2;
/** Weight of the newest call in the usual time of a lone call. */
const NEWEST = 0.1;

export class AwakeWait {
  #out = 0;
  /** When the lone call that is out was sent, ms; -1 when there is none. */
  #sentAt = -1;
  #awakeUntil = 0;
  #isTurning = false;
  /** ms; above `AWAKE_MS` at first: a lone call has to show that it is quick. */
  #usualMs = 2 * AWAKE_MS;

  /** True while the loop is kept turning. */
  get isTurning(): boolean {
    return this.#isTurning;
  }

  /** A call is opened. */
  begun(): void {
    this.#out += 1;
  }

  /** What was opened has been sent. */
  sent(): void {
    if (this.#out !== 1) {
      this.#sentAt = -1;
      return;
    }
    this.#sentAt = performance.now();
    if (this.#usualMs > AWAKE_MS) return;
    this.#awakeUntil = this.#sentAt + AWAKE_MS;
    if (this.#isTurning) return;
    this.#isTurning = true;
    setImmediate(this.#turn);
  }

  /** A call has ended. */
  ended(): void {
    this.#out -= 1;
    if (this.#sentAt < 0) return;
    const tookMs = performance.now() - this.#sentAt;
    this.#sentAt = -1;
    // One slow call is as slow as ten quick ones are quick: it does not end the habit for long.
    this.#usualMs += (Math.min(tookMs, 10 * AWAKE_MS) - this.#usualMs) * NEWEST;
  }

  readonly #turn = (): void => {
    if (this.#out === 1 && performance.now() < this.#awakeUntil) setImmediate(this.#turn);
    else this.#isTurning = false;
  };
}

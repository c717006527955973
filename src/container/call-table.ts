/**
 * Open calls by sequence number. An array of reused slots: a map in which entries come and go all
 * the time keeps its former tables, and all they held, alive until the next full collection.
 */
const SLOT_BITS = 12;
const SLOTS = 1 << SLOT_BITS;

export class CallTable<T> {
  readonly #calls: (T | undefined)[] = [];
  readonly #sequences: number[] = [];
  readonly #free: number[] = [];
  #generation = 0;

  get size(): number {
    return this.#calls.length - this.#free.length;
  }

  /** @returns the sequence number of the call; throws beyond 4096 open calls */
  add(call: T): number {
    const slot = this.#free.pop() ?? this.#calls.length;
    if (slot >= SLOTS) throw new RangeError(`more than ${SLOTS} calls are open in one container`);
    this.#generation = (this.#generation + 1) & 0xfffff;
    const sequence = ((this.#generation << SLOT_BITS) | slot) >>> 0;
    this.#calls[slot] = call;
    this.#sequences[slot] = sequence;
    return sequence;
  }

  /** Undefined for a sequence that is not open (any more). */
  get(sequence: number): T | undefined {
    const slot = sequence & (SLOTS - 1);
    return this.#sequences[slot] === sequence ? this.#calls[slot] : undefined;
  }

  delete(sequence: number): void {
    if (this.get(sequence) === undefined) return;
    const slot = sequence & (SLOTS - 1);
    this.#calls[slot] = undefined;
    this.#sequences[slot] = -1;
    this.#free.push(slot);
  }

  /** The call that was added first among the open ones. */
  oldest(): T | undefined {
    return this.inOrder()[0]?.[1];
  }

  /** Every open call, the one added first in front (within a million calls). */
  inOrder(): [number, T][] {
    return [...this.entries()].sort(([a], [b]) => (a >>> SLOT_BITS) - (b >>> SLOT_BITS));
  }

  /** Every open call with its sequence. */
  *entries(): IterableIterator<[number, T]> {
    for (const [slot, call] of this.#calls.entries()) {
      if (call !== undefined) yield [this.#sequences[slot] ?? 0, call];
    }
  }
}

/**
 * Removal of old activation records, in small steps with pauses, so that commits and reads in the
 * same thread never wait long. "Oldest" means written first; a record's age counts from its start.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { ActivationTable, OldRecord } from "./activation-table.ts";
import type { Retention } from "./options.ts";
import type { Transaction } from "./transaction.ts";

/** Records removed in one step: about 2 ms of work. */
const SWEEP_ROWS = 200;
/** Sweeping takes at most this share of the thread while records are only too old… */
const SHARE_AGE = 0.2;
/** …and this one while the file is too big. */
const SHARE_SIZE = 0.5;

export type SweepState = {
  /** Written first to written last, at most `SWEEP_ROWS`. */
  readonly oldest: readonly OldRecord[];
  /** Of the whole file. */
  readonly bytes: number;
  readonly now: number;
};

/** The step to take: everything up to `through` goes; undefined: nothing is due. */
export function planSweep(
  state: SweepState,
  retention: Retention,
): { readonly through: number; readonly share: number } | undefined {
  if (retention.bytesMax > 0 && state.bytes > retention.bytesMax) {
    const last = lastToFree(state.oldest, state.bytes - retention.bytesMax);
    return last === undefined ? undefined : { through: last.number, share: SHARE_SIZE };
  }
  if (retention.ageMs <= 0) return undefined;
  const limit = state.now - retention.ageMs;
  const kept = state.oldest.findIndex(({ start }) => start >= limit);
  const last = kept === -1 ? state.oldest.at(-1) : state.oldest[kept - 1];
  return last === undefined ? undefined : { through: last.number, share: SHARE_AGE };
}

/** Records differ in size by a factor of thousands: no more go than the excess needs. */
function lastToFree(oldest: readonly OldRecord[], excessBytes: number): OldRecord | undefined {
  let freed = 0;
  const enough = oldest.find((record) => {
    freed += record.bytes;
    return freed >= excessBytes;
  });
  return enough ?? oldest.at(-1);
}

export class Sweeper {
  #isRunning = false;
  #isStopped = false;
  readonly #table: ActivationTable;
  readonly #transaction: Transaction;
  readonly #retention: Retention;
  /** Ends the group commit that is open. */
  readonly #settle: () => void;

  constructor(
    table: ActivationTable,
    transaction: Transaction,
    retention: Retention,
    settle: () => void,
  ) {
    this.#table = table;
    this.#transaction = transaction;
    this.#retention = retention;
    this.#settle = settle;
  }

  /** Sweeps until nothing is due; a call while one runs does nothing. Throws what SQLite throws. */
  async run(now: number): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      for (;;) {
        const began = performance.now();
        const share = this.#isStopped ? undefined : this.#step(now);
        if (share === undefined) return;
        const tookMs = performance.now() - began;
        await pause((tookMs * (1 - share)) / share);
      }
    } finally {
      this.#isRunning = false;
    }
  }

  stop(): void {
    this.#isStopped = true;
  }

  #step(now: number): number | undefined {
    const oldest = this.#table.oldest(SWEEP_ROWS);
    const plan = planSweep({ oldest, bytes: this.#table.bytes(), now }, this.#retention);
    if (plan === undefined) return undefined;
    this.#settle();
    try {
      this.#transaction.begin();
      this.#table.deleteThrough(plan.through);
      this.#transaction.commit();
    } catch (error) {
      this.#transaction.rollback();
      throw error;
    }
    return plan.share;
  }
}

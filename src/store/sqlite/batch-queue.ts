/**
 * Collects activation records and accept changes on the serving thread and hands them to the
 * worker: records at most `delayMs` after the first, accept changes at the end of the turn.
 * A slow disk fills the window of posted bytes first, then the queue; then the oldest are dropped.
 */
import { PlatformError } from "../../core/errors.ts";
import type { ActivationRow } from "../store.ts";
import { BatchBuilder, type BatchData, batchMemory, isStandardMemory, memoryFor } from "./batch.ts";
import type { StoreLogger } from "./options.ts";
import type { AcceptedChange, ToWorker } from "./protocol.ts";

/** Blocks of memory kept for the next batches. */
const SPARE_BLOCKS_MAX = 8;

type Waiter = { readonly resolve: () => void; readonly reject: (error: Error) => void };
type Held = { readonly rows: BatchData | undefined; readonly changes: readonly AcceptedChange[] };

export type BatchQueueOptions = {
  readonly delayMs: number;
  readonly bytesMax: number;
  readonly logger: StoreLogger;
  readonly post: (message: ToWorker, transfer: ArrayBuffer[]) => void;
};

export class BatchQueue {
  /** Records dropped since the start. */
  recordsDropped = 0;
  readonly #options: BatchQueueOptions;
  #builder: BatchBuilder | undefined;
  #changes: AcceptedChange[] = [];
  #changeWaiters: Waiter[] = [];
  readonly #posted = new Map<number, readonly Waiter[]>();
  #held: BatchData[] = [];
  #heldBytes = 0;
  #postedBytes = 0;
  #spare: ArrayBuffer[] = [];
  #nextId = 1;
  #timer: NodeJS.Timeout | undefined;
  #flushWaiters: Waiter[] = [];
  #isTurnEndAwaited = false;
  #isDropping = false;
  /** Why nothing can be written: not started yet, stopped, or the worker failed. */
  #closed: PlatformError | undefined = new PlatformError("STORE_UNAVAILABLE");

  constructor(options: BatchQueueOptions) {
    this.#options = options;
  }

  /** Bytes of records that are not on disk yet. */
  get waitingBytes(): number {
    return this.#postedBytes + this.#heldBytes + (this.#builder?.bytes ?? 0);
  }

  /** The worker is ready. */
  open(): void {
    this.#closed = undefined;
  }

  put(row: ActivationRow): void {
    if (this.#closed !== undefined) {
      this.recordsDropped += 1;
      return;
    }
    let builder = this.#builder;
    if (builder === undefined || !builder.fits(row.document)) {
      if (builder !== undefined) this.#finish();
      builder = this.#start(row.document);
    }
    if (!builder.add(row)) this.#options.logger("error", "an activation id is not 32 hex digits");
  }

  /** Resolves when the change is on disk; rejects `STORE_UNAVAILABLE`. */
  change(change: AcceptedChange): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    this.#changes.push(change);
    return this.#atTurnEnd(this.#changeWaiters);
  }

  /** Resolves when everything put so far is on disk; rejects `STORE_UNAVAILABLE`. */
  flush(): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    return this.#atTurnEnd(this.#flushWaiters);
  }

  /** Hands over everything, so that what is posted next is handled after it. */
  postAll(): void {
    this.#postChanges();
    if (this.#builder !== undefined) this.#finish();
    for (const rows of this.#held) this.#post({ rows, changes: [] }, []);
    this.#held = [];
    this.#heldBytes = 0;
    if (this.#flushWaiters.length > 0) {
      const id = this.#nextId++;
      this.#posted.set(id, this.#flushWaiters);
      this.#flushWaiters = [];
      this.#options.post({ kind: "flush", id }, []);
    }
  }

  /**
   * Before the records that were put after them: a record's transaction removes its accept record,
   * which must be there by then.
   */
  #postChanges(): void {
    if (this.#changes.length === 0) return;
    const [changes, waiters] = [this.#changes, this.#changeWaiters];
    this.#changes = [];
    this.#changeWaiters = [];
    this.#post({ rows: undefined, changes }, waiters);
  }

  changed(id: number, error: PlatformError | undefined): void {
    const waiters = this.#posted.get(id) ?? [];
    this.#posted.delete(id);
    for (const { resolve, reject } of waiters) {
      if (error === undefined) resolve();
      else reject(error);
    }
  }

  released(bytes: number, dropped: number, memory: ArrayBuffer): void {
    this.#postedBytes -= bytes;
    this.recordsDropped += dropped;
    this.#reuse(memory);
    this.#postHeld();
  }

  /** The worker is gone: nobody waits in vain, and nothing more is collected. */
  close(error: PlatformError): void {
    clearTimeout(this.#timer);
    this.#closed = error;
    this.#builder = undefined;
    this.recordsDropped += this.#held.reduce((sum, { rows }) => sum + rows, 0);
    this.#held = [];
    this.#heldBytes = 0;
    for (const id of [...this.#posted.keys()]) this.changed(id, error);
    for (const { reject } of [...this.#changeWaiters, ...this.#flushWaiters]) reject(error);
    this.#changeWaiters = [];
    this.#flushWaiters = [];
    this.#changes = [];
  }

  /** Everything asked for in one turn of the loop shares a message and a commit. */
  #atTurnEnd(waiters: Waiter[]): Promise<void> {
    if (!this.#isTurnEndAwaited) {
      this.#isTurnEndAwaited = true;
      setImmediate(() => {
        this.#isTurnEndAwaited = false;
        this.postAll();
      });
    }
    return new Promise((resolve, reject) => waiters.push({ resolve, reject }));
  }

  #start(document: string): BatchBuilder {
    let builder = new BatchBuilder(this.#spare.pop() ?? batchMemory());
    if (!builder.fits(document)) builder = new BatchBuilder(memoryFor(document));
    this.#builder = builder;
    if (this.#timer === undefined) {
      this.#timer = setTimeout(() => this.#due(), this.#options.delayMs);
    } else {
      this.#timer.refresh();
    }
    return builder;
  }

  #due(): void {
    // While the window is full the batch goes on filling: many small ones would waste memory.
    if (this.#isWindowFull()) this.#timer?.refresh();
    else if (this.#builder !== undefined) this.#finish();
  }

  /** The batch under construction joins the queue. */
  #finish(): void {
    const builder = this.#builder;
    this.#builder = undefined;
    if (builder === undefined || builder.rows === 0) return;
    this.#postChanges();
    const data = builder.finish();
    this.#held.push(data);
    this.#heldBytes += data.bytes;
    this.#postHeld();
    while (this.#held.length > 1 && this.waitingBytes > this.#options.bytesMax) this.#dropOldest();
  }

  #isWindowFull(): boolean {
    return this.#postedBytes >= this.#options.bytesMax / 2;
  }

  /** As far as the window of posted bytes goes: half of what may wait. */
  #postHeld(): void {
    while (this.#held.length > 0 && !this.#isWindowFull()) {
      const rows = this.#held.shift();
      if (rows === undefined) return;
      this.#heldBytes -= rows.bytes;
      this.#post({ rows, changes: [] }, []);
    }
    if (this.#held.length === 0) this.#isDropping = false;
  }

  #post({ rows, changes }: Held, waiters: readonly Waiter[]): void {
    const id = this.#nextId++;
    if (waiters.length > 0) this.#posted.set(id, waiters);
    this.#postedBytes += rows?.bytes ?? 0;
    this.#options.post(
      { kind: "batch", id, rows, changes },
      rows === undefined ? [] : [rows.memory],
    );
  }

  #dropOldest(): void {
    const rows = this.#held.shift();
    if (rows === undefined) return;
    this.#heldBytes -= rows.bytes;
    this.recordsDropped += rows.rows;
    this.#reuse(rows.memory);
    if (this.#isDropping) return;
    this.#isDropping = true;
    const message = "too many activation records wait for the disk, dropping the oldest";
    this.#options.logger("error", message, { backlogBytesMax: this.#options.bytesMax });
  }

  #reuse(memory: ArrayBuffer): void {
    if (this.#spare.length < SPARE_BLOCKS_MAX && isStandardMemory(memory)) this.#spare.push(memory);
  }
}

/**
 * Collects entries and sends them in batches (apisix/utils/batch-processor.lua): when a batch is
 * full, when nothing came for `inactive_timeout`, or when its first entry is `buffer_duration` old;
 * and, since entries may hold bodies, when it has grown too long.
 */
import type { JsonObject } from "../../../core/documents.ts";

export type BatchConf = {
  readonly name: string;
  readonly max_retry_count: number;
  /** seconds, as the two that follow */
  readonly retry_delay: number;
  readonly buffer_duration: number;
  readonly inactive_timeout: number;
  readonly batch_max_size: number;
};

/** Schema members of plugins that send in batches; `name` stands in the log. */
export function batchProperties(name: string): JsonObject {
  return {
    name: { type: "string", default: name },
    max_retry_count: { type: "integer", minimum: 0, default: 0 },
    retry_delay: { type: "integer", minimum: 0, default: 1 },
    buffer_duration: { type: "integer", minimum: 1, default: 60 },
    inactive_timeout: { type: "integer", minimum: 1, default: 5 },
    batch_max_size: { type: "integer", minimum: 1, default: 1000 },
  };
}

export type BatchProcessorOptions<Entry> = {
  readonly conf: BatchConf;
  /** Rejects when the batch was not taken: it is sent again, as often as the configuration says. */
  readonly send: (entries: readonly Entry[]) => Promise<void>;
  readonly log: (level: "error", message: string, fields?: object) => void;
  /** So many entries, and bytes of them, have been sent, or given up. */
  readonly onProcessed: (count: number, bytes: number) => void;
};

type Batch<Entry> = {
  readonly entries: readonly Entry[];
  readonly bytes: number;
  failures: number;
};

/** A batch that is as long goes out, however few its entries are. */
export const BATCH_BYTES_MAX = 4 * 1024 * 1024;

/** Batches under way at the same time; others wait. */
const SENDING_MAX = 8;

export class BatchProcessor<Entry> {
  private readonly options: BatchProcessorOptions<Entry>;
  private buffer: Entry[] = [];
  private bytes = 0;
  private firstMs = 0;
  private lastMs = 0;
  private clock: NodeJS.Timeout | undefined;
  private readonly waiting: Batch<Entry>[] = [];
  private readonly sending = new Set<Promise<void>>();
  private readonly retries = new Map<NodeJS.Timeout, Batch<Entry>>();
  private isStopping = false;

  constructor(options: BatchProcessorOptions<Entry>) {
    this.options = options;
  }

  /** Entries of the batch that is being collected. */
  get buffered(): number {
    return this.buffer.length;
  }

  /** `bytes` is about as long as it will be when it is sent. */
  push(entry: Entry, bytes = 0): void {
    this.lastMs = performance.now();
    if (this.buffer.length === 0) this.firstMs = this.lastMs;
    this.buffer.push(entry);
    this.bytes += bytes;
    const isFull = this.buffer.length >= this.options.conf.batch_max_size;
    if (isFull || this.bytes >= BATCH_BYTES_MAX) this.flush();
    else if (this.clock === undefined) this.startClock();
  }

  /** Hands over what has been collected. */
  flush(): void {
    clearTimeout(this.clock);
    this.clock = undefined;
    if (this.buffer.length === 0) return;
    this.waiting.push({ entries: this.buffer, bytes: this.bytes, failures: 0 });
    this.buffer = [];
    this.bytes = 0;
    this.sendWaiting();
  }

  /** Sends everything; what fails now is not sent again. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.flush();
    for (const [clock, batch] of this.retries) {
      clearTimeout(clock);
      this.waiting.push(batch);
    }
    this.retries.clear();
    this.sendWaiting();
    while (this.sending.size > 0) await Promise.all(this.sending);
  }

  private startClock(): void {
    const { inactive_timeout: inactive } = this.options.conf;
    this.clock = setTimeout(() => this.look(), inactive * 1000).unref();
  }

  private look(): void {
    const { inactive_timeout: inactive, buffer_duration: longest } = this.options.conf;
    const now = performance.now();
    // A timer may come a little early.
    const isQuiet = now - this.lastMs >= inactive * 1000 - 1;
    this.clock = undefined;
    if (isQuiet || now - this.firstMs >= longest * 1000) this.flush();
    else this.startClock();
  }

  private sendWaiting(): void {
    while (this.sending.size < SENDING_MAX) {
      const batch = this.waiting.shift();
      if (batch === undefined) return;
      const sent = this.send(batch).finally(() => {
        this.sending.delete(sent);
        this.sendWaiting();
      });
      this.sending.add(sent);
    }
  }

  private async send(batch: Batch<Entry>): Promise<void> {
    const { options } = this;
    try {
      await options.send(batch.entries);
      options.onProcessed(batch.entries.length, batch.bytes);
    } catch (error) {
      this.failed(batch, error);
    }
  }

  private failed(batch: Batch<Entry>, error: unknown): void {
    const { conf, log, onProcessed } = this.options;
    const reason = error instanceof Error ? error.message : String(error);
    log("error", `Batch Processor[${conf.name}] failed to process entries: ${reason}`);
    batch.failures += 1;
    if (batch.failures <= conf.max_retry_count && !this.isStopping) {
      this.retryLater(batch);
      return;
    }
    const count = batch.entries.length;
    log(
      "error",
      `Batch Processor[${conf.name}] exceeded the max_retry_count[${batch.failures}] ` +
        "dropping the entries",
      { count },
    );
    onProcessed(count, batch.bytes);
  }

  private retryLater(batch: Batch<Entry>): void {
    const clock = setTimeout(() => {
      this.retries.delete(clock);
      this.waiting.push(batch);
      this.sendWaiting();
    }, this.options.conf.retry_delay * 1000).unref();
    this.retries.set(clock, batch);
  }
}

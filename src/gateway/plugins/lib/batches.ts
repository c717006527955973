/** The batch processors of one plugin: one per configuration, with one bound for all together. */
import type { JsonObject } from "../../../core/documents.ts";
import type { PluginServices } from "../../plugin.ts";
import type { RequestContext } from "../../request-context.ts";
import { type BatchConf, BatchProcessor } from "./batch-processor.ts";

const PENDING_ENTRIES_MAX = 8192;
/** Of all entries of a plugin that wait: they may hold bodies. */
export const PENDING_BYTES_MAX = 64 * 1024 * 1024;
/** What is discarded is told once in a while, not with every request. */
const DISCARD_LOG_MS = 1000;

/** Member of the metadata schema of each plugin that sends in batches. */
export const PENDING_ENTRIES_PROPERTY: JsonObject = {
  type: "integer",
  minimum: 1,
  default: PENDING_ENTRIES_MAX,
  description:
    "maximum number of entries waiting to be processed; new entries are discarded while the " +
    "backlog exceeds it",
};

/** What waits in the buffer of one processor, for the gauge of `prometheus`. */
export type Backlog = {
  readonly name: string;
  readonly routeId: string;
  readonly serverAddress: string;
  readonly count: number;
};

type Held<Entry> = {
  readonly processor: BatchProcessor<Entry>;
  readonly label: Omit<Backlog, "count">;
  pending: number;
};

export type BatchesOptions<Conf, Entry> = {
  readonly plugin: string;
  readonly services: PluginServices;
  readonly batchOf: (conf: Conf) => BatchConf;
  readonly send: (conf: Conf, entries: readonly Entry[]) => Promise<void>;
  /** About as many bytes as it has when it is sent; default: 0. */
  readonly sizeOf?: (entry: Entry) => number;
  /** Entries that may wait, of all configurations; default: as the plugin's metadata says. */
  readonly pendingMax?: () => number;
};

const all = new WeakMap<PluginServices, Set<() => readonly Backlog[]>>();

/** Of all plugins of a gateway. */
export function backlogsOf(services: PluginServices): Backlog[] {
  return [...(all.get(services) ?? [])].flatMap((read) => read());
}

export class Batches<Conf extends object, Entry> {
  private readonly options: BatchesOptions<Conf, Entry>;
  private readonly byConf = new WeakMap<Conf, Held<Entry>>();
  /** Those that have something to do, or had when they were last looked at. */
  private readonly active = new Set<Held<Entry>>();
  private pending = 0;
  private pendingBytes = 0;
  private discarded = 0;
  private toldMs = Number.NEGATIVE_INFINITY;

  constructor(options: BatchesOptions<Conf, Entry>) {
    this.options = options;
    const readers = all.get(options.services) ?? new Set();
    readers.add(() => [...this.active].map((held) => backlog(held)));
    all.set(options.services, readers);
  }

  /** Discards the entry when too many wait already. */
  add(conf: Conf, ctx: RequestContext, entry: Entry): void {
    const max = this.pendingMax();
    const bytes = this.options.sizeOf?.(entry) ?? 0;
    if (this.pending >= max || this.pendingBytes + bytes > PENDING_BYTES_MAX) {
      this.discard(max);
      return;
    }
    const held = this.heldOf(conf, ctx);
    this.pending += 1;
    this.pendingBytes += bytes;
    held.pending += 1;
    this.active.add(held);
    held.processor.push(entry, bytes);
  }

  /** Sends what waits. */
  async stop(): Promise<void> {
    await Promise.all([...this.active].map(({ processor }) => processor.stop()));
  }

  private pendingMax(): number {
    const { pendingMax } = this.options;
    if (pendingMax !== undefined) return pendingMax();
    const max = this.options.services.metadata(this.options.plugin)?.["max_pending_entries"];
    return typeof max === "number" ? max : PENDING_ENTRIES_MAX;
  }

  private heldOf(conf: Conf, ctx: RequestContext): Held<Entry> {
    const known = this.byConf.get(conf);
    if (known !== undefined) return known;
    const { services, batchOf, send } = this.options;
    const batch = batchOf(conf);
    const processor = new BatchProcessor<Entry>({
      conf: batch,
      send: (entries) => send(conf, entries),
      log: services.log,
      onProcessed: (count, bytes) => this.processed(held, count, bytes),
    });
    const label = {
      name: batch.name,
      routeId: ctx.route?.id ?? "",
      serverAddress: ctx.connection.local.address,
    };
    const held: Held<Entry> = { processor, label, pending: 0 };
    this.byConf.set(conf, held);
    return held;
  }

  private processed(held: Held<Entry>, count: number, bytes: number): void {
    this.pending -= count;
    this.pendingBytes -= bytes;
    held.pending -= count;
    if (held.pending === 0) this.active.delete(held);
  }

  private discard(max: number): void {
    this.discarded += 1;
    const now = performance.now();
    if (now - this.toldMs < DISCARD_LOG_MS) return;
    const { services, plugin } = this.options;
    services.log("error", "max pending entries limit exceeded. discarding entry.", {
      plugin,
      max_pending_entries: max,
      pending_bytes: this.pendingBytes,
      discarded_entries: this.discarded,
    });
    this.toldMs = now;
    this.discarded = 0;
  }
}

function backlog<Entry>({ label, processor }: Held<Entry>): Backlog {
  return { ...label, count: processor.buffered };
}

/**
 * Stored answers: an index in memory, bounded by bytes, over bodies in memory or in files. Which
 * answer is stored, and for how long it is fresh, is decided elsewhere.
 */
import { LRUCache } from "lru-cache";
import { type HeaderList, HeaderList as Headers } from "../../header-list.ts";
import { variantOf } from "./cache-control.ts";

/** Answers of one key that vary with the request; the oldest gives way. */
const VARIANTS_MAX = 64;

export type StoredHead = {
  readonly key: string;
  readonly variant: string;
  readonly vary: readonly string[];
  readonly status: number;
  /** name and value in turn */
  readonly headers: readonly string[];
  /** ms epoch */
  readonly storedAt: number;
  /** seconds */
  readonly ttl: number;
};

export type StoredBody = {
  readonly length: number;
  /** Settled when nothing more is written; rejects when that failed. */
  readonly complete: Promise<void>;
  /** In one piece, or piece by piece once complete. Rejects when it is not there. */
  open(): Uint8Array | Promise<AsyncIterable<Uint8Array>>;
  remove(): void;
};

/** Takes a body as it streams by. */
export type BodyWriter = {
  /** False: it cannot be kept up with; nothing more is to be written. */
  write(chunk: Uint8Array): boolean;
  /** What can be asked for from now on, even if its last bytes are still on their way. */
  finish(head: StoredHead): StoredBody;
  abort(): void;
};

export type BodyStore = { begin(key: string): BodyWriter };
export type Entry = { readonly head: StoredHead; readonly body: StoredBody };

/** What is stored of one key. */
type Variants = { readonly vary: readonly string[]; readonly ids: Set<string> };

export class CacheZone {
  private readonly bodies: BodyStore;
  private readonly bytesMax: number;
  private readonly entries: LRUCache<string, Entry>;
  private readonly keys = new Map<string, Variants>();
  /** Of bodies that are being written. */
  private pendingBytes = 0;

  constructor(bodies: BodyStore, bytesMax: number) {
    this.bodies = bodies;
    this.bytesMax = bytesMax;
    this.entries = new LRUCache({
      maxSize: bytesMax,
      maxEntrySize: bytesMax,
      sizeCalculation: sizeOf,
      dispose: (entry, _id, reason) => this.forget(entry, reason === "set"),
    });
  }

  /** Bytes of bodies and heads that are stored. */
  get bytes(): number {
    return this.entries.calculatedSize;
  }

  /** Also what is no longer fresh. */
  find(key: string, request: HeaderList): Entry | undefined {
    const variants = this.keys.get(key);
    if (variants === undefined) return undefined;
    return this.entries.get(idOf(key, variantOf(variants.vary, request)));
  }

  /** All variants; false: there was none. */
  purge(key: string): boolean {
    const variants = this.keys.get(key);
    if (variants === undefined) return false;
    for (const variant of [...variants.ids]) this.entries.delete(idOf(key, variant));
    return true;
  }

  /** Stores while it streams; nothing can be found before `finish`. */
  begin(head: StoredHead, bodyBytesMax: number): Recording {
    const writer = this.bodies.begin(head.key);
    let length = 0;
    let isOver = false;
    const end = (): void => {
      isOver = true;
      this.pendingBytes -= length;
    };
    const abort = (): void => {
      if (isOver) return;
      end();
      writer.abort();
    };
    return {
      write: (chunk) => {
        if (isOver) return;
        length += chunk.length;
        this.pendingBytes += chunk.length;
        const isTooMuch = length >= bodyBytesMax || this.pendingBytes > this.bytesMax;
        if (isTooMuch || !writer.write(chunk)) abort();
      },
      finish: async () => {
        if (isOver) return;
        end();
        const entry = { head, body: writer.finish(head) };
        this.add(entry);
        await entry.body.complete.catch((error: unknown) => {
          this.drop(entry);
          throw error;
        });
      },
      abort,
    };
  }

  add(entry: Entry): void {
    const { key, variant, vary } = entry.head;
    const known = this.keys.get(key);
    // Answers that vary with other headers can no longer be told apart.
    if (known !== undefined && known.vary.join() !== vary.join()) this.purge(key);
    else if (known !== undefined) this.makeRoom(key, known, variant);
    const id = idOf(key, variant);
    this.entries.set(id, entry);
    if (!this.entries.has(id)) {
      entry.body.remove();
      return;
    }
    const variants = this.keys.get(key) ?? { vary, ids: new Set<string>() };
    variants.ids.add(variant);
    this.keys.set(key, variants);
  }

  private drop(entry: Entry): void {
    const id = idOf(entry.head.key, entry.head.variant);
    if (this.entries.peek(id) === entry) this.entries.delete(id);
  }

  private makeRoom(key: string, { ids }: Variants, variant: string): void {
    if (ids.has(variant) || ids.size < VARIANTS_MAX) return;
    const [oldest] = ids;
    if (oldest !== undefined) this.entries.delete(idOf(key, oldest));
  }

  private forget({ head, body }: Entry, isReplaced: boolean): void {
    body.remove();
    if (isReplaced) return;
    const variants = this.keys.get(head.key);
    variants?.ids.delete(head.variant);
    if (variants?.ids.size === 0) this.keys.delete(head.key);
  }
}

/** An answer that is being stored. */
export type Recording = {
  write(chunk: Uint8Array): void;
  /** Rejects when it could not be stored; then nothing is. */
  finish(): Promise<void>;
  abort(): void;
};

/** The length keeps keys apart that end in what looks like a variant. */
function idOf(key: string, variant: string): string {
  return `${key.length}:${key}::${variant}`;
}

/** What an entry takes beside its texts. */
const ENTRY_BYTES = 512;

function sizeOf({ head, body }: Entry): number {
  const texts = head.headers.reduce((sum, text) => sum + text.length, 0);
  return body.length + texts + 2 * head.key.length + ENTRY_BYTES;
}

/** The stored headers as a list. */
export function headersOf({ head }: Entry): HeaderList {
  return new Headers([...head.headers]);
}

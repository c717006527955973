/**
 * A batch of activation records on its way from the serving thread to the worker: one block of
 * memory that changes hands without being copied, plus the few names its rows use.
 * Layout: a table of `ROW_FIELDS` doubles per row, then, from `dataAt`, per row 16 id bytes and the
 * document; the table gives its place counted from `dataAt`.
 */
import type { ActivationRow } from "../store.ts";

export const BATCH_ROWS_MAX = 1024;
export const BATCH_BYTES = 512 * 1024;
const ROW_FIELDS = 6;
const TABLE_BYTES = BATCH_ROWS_MAX * ROW_FIELDS * 8;
const ID_BYTES = 16;
/** UTF-8 needs at most this many bytes per UTF-16 unit. */
const UNIT_BYTES_MAX = 3;

/** The form that crosses the threads. */
export type BatchData = {
  readonly memory: ArrayBuffer;
  readonly rows: number;
  readonly dataAt: number;
  /** Bytes of ids and documents. */
  readonly bytes: number;
  readonly names: readonly string[];
};

/** A row read back; `id` and `document` are views into the batch. */
export type BatchRow = {
  readonly id: Uint8Array;
  readonly namespace: string;
  readonly filterName: string;
  readonly start: number;
  readonly accepted: boolean;
  readonly document: Uint8Array;
};

export function batchMemory(): ArrayBuffer {
  return new ArrayBuffer(TABLE_BYTES + BATCH_BYTES);
}

export function isStandardMemory(memory: ArrayBuffer): boolean {
  return memory.byteLength === TABLE_BYTES + BATCH_BYTES;
}

/** Memory for one document that no standard batch can hold. */
export function memoryFor(document: string): ArrayBuffer {
  return new ArrayBuffer(TABLE_BYTES + ID_BYTES + document.length * UNIT_BYTES_MAX);
}

export class BatchBuilder {
  rows = 0;
  readonly #memory: ArrayBuffer;
  readonly #table: Float64Array;
  readonly #bytes: Buffer;
  readonly #names: string[] = [];
  readonly #numbers = new Map<string, number>();
  #used = TABLE_BYTES;

  constructor(memory: ArrayBuffer) {
    this.#memory = memory;
    this.#table = new Float64Array(memory, 0, BATCH_ROWS_MAX * ROW_FIELDS);
    this.#bytes = Buffer.from(memory);
  }

  get bytes(): number {
    return this.#used - TABLE_BYTES;
  }

  fits(document: string): boolean {
    const need = ID_BYTES + document.length * UNIT_BYTES_MAX;
    return this.rows < BATCH_ROWS_MAX && this.#used + need <= this.#bytes.length;
  }

  /** The row must fit. False: `activationId` is not 32 hex digits, nothing was added. */
  add(row: ActivationRow): boolean {
    const at = this.#used;
    if (row.activationId.length !== ID_BYTES * 2) return false;
    if (this.#bytes.write(row.activationId, at, ID_BYTES, "hex") !== ID_BYTES) return false;
    const length = this.#bytes.write(row.document, at + ID_BYTES, "utf8");
    const table = this.#table;
    const field = this.rows * ROW_FIELDS;
    table[field] = row.start;
    table[field + 1] = this.#number(row.namespace);
    table[field + 2] = this.#number(row.filterName);
    table[field + 3] = row.accepted ? 1 : 0;
    table[field + 4] = at - TABLE_BYTES;
    table[field + 5] = length;
    this.rows += 1;
    this.#used = at + ID_BYTES + length;
    return true;
  }

  finish(): BatchData {
    return {
      memory: this.#memory,
      rows: this.rows,
      dataAt: TABLE_BYTES,
      bytes: this.bytes,
      names: this.#names,
    };
  }

  #number(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#names.push(name);
    this.#numbers.set(name, this.#names.length - 1);
    return this.#names.length - 1;
  }
}

export function* batchRows(batch: BatchData): Generator<BatchRow> {
  const table = new Float64Array(batch.memory, 0, batch.rows * ROW_FIELDS);
  const at = (row: number, field: number) => table[row * ROW_FIELDS + field] ?? 0;
  for (let row = 0; row < batch.rows; row += 1) {
    const offset = batch.dataAt + at(row, 4);
    yield {
      start: at(row, 0),
      namespace: batch.names[at(row, 1)] ?? "",
      filterName: batch.names[at(row, 2)] ?? "",
      accepted: at(row, 3) === 1,
      id: new Uint8Array(batch.memory, offset, ID_BYTES),
      document: new Uint8Array(batch.memory, offset + ID_BYTES, at(row, 5)),
    };
  }
}

/** The same batch in no more memory than it needs: for one that has to be kept. */
export function compact(batch: BatchData): BatchData {
  const tableBytes = batch.rows * ROW_FIELDS * 8;
  const memory = new ArrayBuffer(tableBytes + batch.bytes);
  const bytes = new Uint8Array(memory);
  bytes.set(new Uint8Array(batch.memory, 0, tableBytes));
  bytes.set(new Uint8Array(batch.memory, batch.dataAt, batch.bytes), tableBytes);
  return { ...batch, memory, dataAt: tableBytes };
}

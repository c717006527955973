/** Reads of activation records that also see the backlog, which is in no file yet. */
import type { ActivationQuery } from "../store.ts";
import type { ActivationTable, ListedRecord } from "./activation-table.ts";
import { type BatchData, type BatchRow, batchRows } from "./batch.ts";

type Page = { readonly skip: number; readonly limit: number };

export class ActivationReader {
  readonly #table: ActivationTable;
  readonly #backlog: () => readonly BatchData[];

  constructor(table: ActivationTable, backlog: () => readonly BatchData[]) {
    this.#table = table;
    this.#backlog = backlog;
  }

  get(namespace: string, activationId: string): string | undefined {
    const stored = this.#table.get(namespace, activationId);
    if (stored !== undefined) return stored;
    const id = Buffer.from(activationId, "hex");
    for (const row of backlogRows(this.#backlog())) {
      if (row.namespace === namespace && id.equals(row.id)) return documentOf(row);
    }
    return undefined;
  }

  list(query: ActivationQuery & Page): string[] {
    const waiting = matching(this.#backlog(), query);
    if (waiting.length === 0) return this.#table.list(query).map(({ document }) => document);
    const stored = this.#table.list({ ...query, skip: 0, limit: query.skip + query.limit });
    return mergePage(waiting, stored, query).map(({ document }) => document);
  }

  count(query: ActivationQuery): number {
    return this.#table.count(query) + matching(this.#backlog(), query).length;
  }
}

/** One page out of the waiting records (any order) and the stored ones (newest first). */
export function mergePage(
  waiting: readonly ListedRecord[],
  stored: readonly ListedRecord[],
  { skip, limit }: Page,
): ListedRecord[] {
  const all = [...waiting.toReversed(), ...stored].sort((a, b) => b.start - a.start);
  return all.slice(skip, skip + limit);
}

function matching(backlog: readonly BatchData[], query: ActivationQuery): ListedRecord[] {
  const records: ListedRecord[] = [];
  for (const row of backlogRows(backlog)) {
    if (matches(row, query)) records.push({ start: row.start, document: documentOf(row) });
  }
  return records;
}

function matches(row: BatchRow, { namespace, filterName, since, upto }: ActivationQuery): boolean {
  return (
    row.namespace === namespace &&
    (filterName === undefined || row.filterName === filterName) &&
    (since === undefined || row.start >= since) &&
    (upto === undefined || row.start <= upto)
  );
}

function* backlogRows(backlog: readonly BatchData[]): Generator<BatchRow> {
  for (const batch of backlog) yield* batchRows(batch);
}

function documentOf(row: BatchRow): string {
  return Buffer.from(row.document).toString("utf8");
}

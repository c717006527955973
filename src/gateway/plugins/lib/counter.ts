import type { Count, Limit } from "./window-counter.ts";

/** Counts requests per key; rejects when its storage cannot be had. */
export type Counter = {
  take(key: string, limit: Limit, cost: number): Count | Promise<Count>;
};

/** A counter that can also be told of what was allowed elsewhere, however much that is. */
export type SharedCounter = Counter & {
  add(key: string, limit: Limit, cost: number): Promise<Count>;
};

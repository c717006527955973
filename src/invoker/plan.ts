/**
 * Which container takes the next waiting activation: a pure decision over what the pool sees
 * (openwhisk-execution.md b.1, steps 1 to 5; what differs is told in docs/compatibility.md).
 */
export type PoolView = {
  /** Activations of this action that wait, the new one included. */
  readonly waiting: number;
  /** Places that warm containers of this action have free now. */
  readonly freePlaces: number;
  /** Places that containers on their way up will bring. */
  readonly startingPlaces: number;
  /** Activations that may be sent ahead now, behind the one that runs in a container. */
  readonly placesAhead: number;
  /** All places of warm containers of this action. */
  readonly warmPlaces: number;
  /** Recent time of one run of this action, ms; undefined while nothing is known. */
  readonly recentRunMs: number | undefined;
  /** How long the oldest waiting one has waited, ms. */
  readonly waitedMs: number;
  /** What a start without prewarm costs, ms. */
  readonly coldStartMs: number;
  readonly hasPrewarm: boolean;
  readonly memoryNeededMb: number;
  readonly memoryFreeMb: number;
  /** Memory of warm containers of any action that have nothing to do. */
  readonly memoryIdleMb: number;
};

export type Plan = "reuse" | "ahead" | "queue" | "prewarm" | "create" | "evict" | "wait";

/**
 * `reuse` a warm container; send it `ahead` into a busy one, or `queue`, for places that come up or
 * free sooner than a start would take; take a `prewarm`; `create` in free memory; `evict` the
 * longest idle, then create; `wait` for memory.
 */
export function plan(view: PoolView): Plan {
  if (view.freePlaces > 0) return "reuse";
  if (view.startingPlaces >= view.waiting) return "queue";
  if (isWorthWaiting(view)) return view.placesAhead > 0 ? "ahead" : "queue";
  if (view.hasPrewarm) return "prewarm";
  if (view.memoryNeededMb <= view.memoryFreeMb) return "create";
  if (view.memoryNeededMb <= view.memoryFreeMb + view.memoryIdleMb) return "evict";
  return "wait";
}

/**
 * Short runs clear a queue faster than a process starts: then one more container only takes the
 * processor from those that work (performance-design.md §2, lesson 2).
 */
function isWorthWaiting(view: PoolView): boolean {
  if (view.warmPlaces === 0 || view.recentRunMs === undefined) return false;
  if (view.waitedMs > view.coldStartMs) return false;
  const backlog = view.waiting - view.startingPlaces;
  return (backlog * view.recentRunMs) / view.warmPlaces <= view.coldStartMs;
}

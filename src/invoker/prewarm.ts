/** Stem cells: started containers without code, by kind and memory (openwhisk-execution.md b.1). */
import type { ActionContainer } from "./action-container.ts";

export type StemCell = {
  /** Runtime, e.g. "nodejs:20". */
  readonly runtime: string;
  readonly memoryMb: number;
  readonly count: number;
};

export class PrewarmPool {
  readonly targets: readonly StemCell[];
  private readonly ready = new Map<string, ActionContainer[]>();
  private readonly starting = new Map<string, number>();

  constructor(targets: readonly StemCell[]) {
    this.targets = targets;
  }

  has(runtime: string, memoryMb: number): boolean {
    return (this.ready.get(cell(runtime, memoryMb))?.length ?? 0) > 0;
  }

  take(runtime: string, memoryMb: number): ActionContainer | undefined {
    return this.ready.get(cell(runtime, memoryMb))?.pop();
  }

  put(container: ActionContainer): void {
    const { runtime, memoryMb } = container.container.spec;
    const key = cell(runtime, memoryMb);
    const list = this.ready.get(key) ?? [];
    list.push(container);
    this.ready.set(key, list);
  }

  remove(container: ActionContainer): void {
    for (const list of this.ready.values()) {
      const at = list.indexOf(container);
      if (at >= 0) list.splice(at, 1);
    }
  }

  /** One target that is short of containers, counting those on their way. */
  missing(): StemCell | undefined {
    return this.targets.find((target) => {
      const key = cell(target.runtime, target.memoryMb);
      const have = (this.ready.get(key)?.length ?? 0) + (this.starting.get(key) ?? 0);
      return have < target.count;
    });
  }

  noteStarting(target: StemCell, change: 1 | -1): void {
    const key = cell(target.runtime, target.memoryMb);
    this.starting.set(key, (this.starting.get(key) ?? 0) + change);
  }

  /** True while more of this kind are ready than asked for: a spare one may go. */
  isSurplus(runtime: string, memoryMb: number): boolean {
    const target = this.targets.find(
      (entry) => entry.runtime === runtime && entry.memoryMb === memoryMb,
    );
    const have = this.ready.get(cell(runtime, memoryMb))?.length ?? 0;
    return have >= (target?.count ?? 0);
  }

  get size(): number {
    let size = 0;
    for (const list of this.ready.values()) size += list.length;
    return size;
  }
}

function cell(runtime: string, memoryMb: number): string {
  return `${runtime}/${memoryMb}`;
}

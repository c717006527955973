/**
 * The books of one invoker: which containers there are, what memory they hold, which have nothing
 * to do. Memory is the unit of admission, as in the original (openwhisk-execution.md b.1).
 */
import type { ContainerDriver } from "../container/driver.ts";
import { ActionContainer, type ContainerLimits } from "./action-container.ts";
import { PrewarmPool } from "./prewarm.ts";

export type BooksOptions = {
  readonly driver: ContainerDriver;
  readonly memoryMb: number;
  readonly limits: ContainerLimits;
  readonly log: (level: "warn", message: string, fields?: object) => void;
  /** A container died on its own; it is out of the books already. */
  readonly onExit: (container: ActionContainer) => void;
};

export class ContainerBooks {
  /** Started containers without code. */
  readonly prewarm = new PrewarmPool();
  usedMb = 0;
  /** Containers on their way up. */
  starting = 0;
  private readonly options: BooksOptions;
  private readonly all = new Set<ActionContainer>();
  /** Warm containers with nothing to do; the longest idle first. */
  private readonly idle = new Set<ActionContainer>();
  private idleMb = 0;
  private serial = 0;

  constructor(options: BooksOptions) {
    this.options = options;
  }

  get freeMb(): number {
    return this.options.memoryMb - this.usedMb;
  }

  /** Memory that could be had by removing what has nothing to do. */
  get reclaimableMb(): number {
    return this.idleMb + this.prewarm.memoryMb;
  }

  get size(): number {
    return this.all.size;
  }

  get idleCount(): number {
    return this.idle.size;
  }

  /** Begins a container; it holds its memory from now on. */
  create(runtime: string, memoryMb: number, label: string): ActionContainer {
    this.serial += 1;
    const name = `wsk0_${this.serial}_${label.replaceAll(/[^\w.-]/g, "")}`;
    const driven = this.options.driver.create({ name, runtime, memoryMb });
    const container = new ActionContainer(driven, this.options.limits, Date.now());
    this.all.add(container);
    this.usedMb += memoryMb;
    this.starting += 1;
    const started = (): void => {
      this.starting -= 1;
    };
    driven.ready.then(started, started);
    driven.onExit(() => {
      if (container.removed) return;
      this.remove(container);
      this.options.onExit(container);
    });
    return container;
  }

  /** Takes a container out of the books and destroys it. Idempotent. */
  remove(container: ActionContainer): void {
    if (container.removed) return;
    container.removed = true;
    container.draining = true;
    this.prewarm.remove(container);
    this.unpark(container);
    container.queue?.remove(container);
    this.all.delete(container);
    this.usedMb -= container.memoryMb;
    container.container.destroy().catch((cause: unknown) => {
      this.options.log("warn", "a container could not be removed", { reason: String(cause) });
    });
  }

  /** Notes that a warm container has nothing to do. */
  park(container: ActionContainer): void {
    this.idle.add(container);
    this.idleMb += container.memoryMb;
  }

  unpark(container: ActionContainer): void {
    if (this.idle.delete(container)) this.idleMb -= container.memoryMb;
  }

  /** Removes the longest idle, then stem cells, until `memoryMb` is free. @returns how many */
  evict(memoryMb: number): number {
    let count = 0;
    while (this.freeMb < memoryMb) {
      const [longestIdle = this.prewarm.any()] = this.idle;
      if (longestIdle === undefined) break;
      this.remove(longestIdle);
      count += 1;
    }
    return count;
  }

  /** Removes what has had nothing to do since before `limitMs` (ms epoch). */
  removeIdleSince(limitMs: number): void {
    for (const container of this.idle) {
      if (container.lastUsedMs > limitMs) return;
      this.remove(container);
    }
  }
}

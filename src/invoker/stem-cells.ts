/** Keeps as many stem cells ready as the configuration wants, while memory is free. */
import type { ActionContainer } from "./action-container.ts";
import type { ContainerBooks } from "./container-books.ts";
import { cell } from "./prewarm.ts";

export type StemCell = {
  /** Runtime, e.g. "nodejs:20". */
  readonly runtime: string;
  readonly memoryMb: number;
  readonly count: number;
};

export type StemCellOptions = {
  readonly targets: readonly StemCell[];
  readonly log: (level: "warn", message: string, fields?: object) => void;
  /** A stem cell has become ready. */
  readonly onReady: () => void;
};

/** A stem cell that was taken is replaced after this time: its taker has the processor first. */
const REFILL_MS = 25;

export class StemCells {
  private readonly books: ContainerBooks;
  private readonly options: StemCellOptions;
  private readonly starting = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;

  constructor(books: ContainerBooks, options: StemCellOptions) {
    this.books = books;
    this.options = options;
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  /** Puts a container that nobody needs into a free cell. @returns false when there is none */
  keep(container: ActionContainer): boolean {
    const { runtime, memoryMb } = container.container.spec;
    const wanted = this.options.targets
      .filter((target) => cell(target.runtime, target.memoryMb) === cell(runtime, memoryMb))
      .reduce((sum, { count }) => sum + count, 0);
    if (this.isStopped || this.books.prewarm.count(runtime, memoryMb) >= wanted) return false;
    this.books.prewarm.put(container);
    return true;
  }

  refillSoon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.refill();
    }, REFILL_MS);
  }

  /** Starts what is missing, one at a time and while nothing else is on its way up. */
  refill(): void {
    const target = this.missing();
    if (target === undefined || this.isStopped || this.books.starting > 0) return;
    if (this.books.freeMb < target.memoryMb) return;
    const { runtime, memoryMb } = target;
    const container = this.books.create(runtime, memoryMb, "prewarm");
    this.noteStarting(target, 1);
    container.container.ready.then(
      () => {
        this.noteStarting(target, -1);
        if (!container.removed) this.books.prewarm.put(container);
        this.options.onReady();
        this.refill();
      },
      (cause: unknown) => {
        this.noteStarting(target, -1);
        this.books.remove(container);
        if (this.isStopped) return;
        this.options.log("warn", "a prewarm container could not be started", {
          kind: runtime,
          reason: cause instanceof Error ? cause.message : String(cause),
        });
      },
    );
  }

  /** One target that is short of containers, counting those on their way. */
  private missing(): StemCell | undefined {
    return this.options.targets.find(({ runtime, memoryMb, count }) => {
      const starting = this.starting.get(cell(runtime, memoryMb)) ?? 0;
      return this.books.prewarm.count(runtime, memoryMb) + starting < count;
    });
  }

  private noteStarting({ runtime, memoryMb }: StemCell, change: 1 | -1): void {
    const key = cell(runtime, memoryMb);
    this.starting.set(key, (this.starting.get(key) ?? 0) + change);
  }
}

/** Started containers without code, by runtime and memory (openwhisk-execution.md b.1). */
import type { ActionContainer } from "./action-container.ts";

export class PrewarmPool {
  private readonly ready = new Map<string, ActionContainer[]>();

  count(runtime: string, memoryMb: number): number {
    return this.ready.get(cell(runtime, memoryMb))?.length ?? 0;
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

  /** Any of them, when memory is needed more than they are. */
  any(): ActionContainer | undefined {
    return this.all()[0];
  }

  get size(): number {
    return this.all().length;
  }

  get memoryMb(): number {
    return this.all().reduce((sum, container) => sum + container.memoryMb, 0);
  }

  private all(): ActionContainer[] {
    return [...this.ready.values()].flat();
  }
}

/** Key of one runtime and size. */
export function cell(runtime: string, memoryMb: number): string {
  return `${runtime}/${memoryMb}`;
}

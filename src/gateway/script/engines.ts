/** The sandboxes of a gateway: one per configuration, so many at most. */
import { LRUCache } from "lru-cache";
import type { Json } from "../../core/documents.ts";
import { SCRIPT_LIMITS, ScriptEngine, type ScriptLimits } from "./engine.ts";
import { dropQuickJs, quickJs } from "./quickjs.ts";
import type { HostOperations } from "./sandbox-api.ts";

/** The one that was not used for the longest time gives way, and loses what its closures hold. */
export const ENGINES_MAX = 64;

export type Loaded = { readonly engine: ScriptEngine; readonly functions: readonly number[] };

export type EnginesOptions = {
  readonly operations: HostOperations;
  readonly log: (message: string) => void;
  readonly limits?: ScriptLimits;
  readonly enginesMax?: number;
};

export class ScriptEngines {
  private readonly options: EnginesOptions;
  private readonly known: LRUCache<object, Loaded>;

  constructor(options: EnginesOptions) {
    this.options = options;
    this.known = new LRUCache({
      max: options.enginesMax ?? ENGINES_MAX,
      dispose: ({ engine }) => release(engine),
    });
  }

  /**
   * The functions of a configuration, which is the same object as long as they are to keep their
   * state. Undefined while QuickJS is not loaded; throws `SourceError`.
   */
  of(key: object, sources: readonly string[], conf: Json): Loaded | undefined {
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const module = quickJs();
    if (module === undefined) return undefined;
    const { operations, log, limits = SCRIPT_LIMITS } = this.options;
    const engine = new ScriptEngine({ module, operations, conf, limits, log });
    try {
      const made = { engine, functions: sources.map((source) => engine.add(source)) };
      this.known.set(key, made);
      return made;
    } catch (error) {
      release(engine);
      throw error;
    }
  }

  /** Runs a use of an engine; a fault of the machine beneath it costs all of them their state. */
  guard<T>(use: () => T): T {
    try {
      return use();
    } catch (error) {
      if (error instanceof Error && error.name === "RuntimeError") this.forsake();
      throw error;
    }
  }

  stop(): void {
    this.known.clear();
  }

  private forsake(): void {
    dropQuickJs();
    this.known.clear();
  }
}

/** One that broke may not even be disposable. */
function release(engine: ScriptEngine): void {
  try {
    engine.dispose();
  } catch {
    dropQuickJs();
  }
}

/** What is wrong with sources, in the original's words; undefined: they are functions. */
export function sourceProblem(sources: readonly string[]): string | undefined {
  if (quickJs() === undefined) return "failed to loadstring: the sandbox is not loaded yet";
  const engines = new ScriptEngines({ operations: {}, log: () => undefined });
  try {
    engines.of({}, sources, {});
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    engines.stop();
  }
}

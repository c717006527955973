/** The sandboxes of a gateway: one per configuration, so many at most, in one thread. */
import { LRUCache } from "lru-cache";
import type { Json } from "../../core/documents.ts";
import type { RequestContext } from "../request-context.ts";
import { ScriptError } from "./engine-errors.ts";
import { type Piece, SCRIPT_LIMITS, type ScriptLimits } from "./protocol.ts";
import type { HostOperations } from "./sandbox-api.ts";
import { type Ask, ScriptThread } from "./thread.ts";

/** The one that was not used for the longest time gives way, and loses what its closures hold. */
const ENGINES_MAX = 32;
/** Longest text that a function may log. */
const LOG_LENGTH_MAX = 1024;
/** Making a sandbox takes this much longer than a call, ms. */
const LOAD_MS = 5000;

/** One for all gateways of the process: whoever needs no functions never starts it. */
const thread = new ScriptThread();

/** Resolves when functions can be checked and called without waiting for a thread. */
export function prepareScripts(): Promise<void> {
  return thread.prepare();
}

let ids = 0;

type Sandbox = { readonly id: number; readonly generation: number; readonly size: number };

export type EnginesOptions = {
  readonly operations: HostOperations;
  readonly log: (message: string) => void;
  readonly limits?: ScriptLimits;
  readonly enginesMax?: number;
};

/** The functions of one configuration. */
export type Functions = {
  readonly sources: readonly string[];
  /** What they get as `conf`. */
  readonly conf: Json;
};

export class ScriptEngines {
  private readonly options: EnginesOptions;
  private readonly known: LRUCache<object, Sandbox>;
  /** Configurations whose functions had to be killed: they are not tried again. */
  private readonly barred = new WeakSet<object>();

  constructor(options: EnginesOptions) {
    this.options = options;
    this.known = new LRUCache({
      max: options.enginesMax ?? ENGINES_MAX,
      dispose: ({ id, generation }) => {
        if (generation === thread.generation) thread.tell({ type: "drop", id });
      },
    });
  }

  /**
   * Makes the sandbox of a configuration, unless it is there: `key` is the same object as long as
   * closures are to keep their state. The number of its functions; throws `SourceError`.
   */
  load(key: object, functions: Functions): number {
    return this.sandbox(key, functions).size;
  }

  /** JSON text of what a function wants, or undefined; throws `ScriptError`, `SourceError`. */
  call(key: object, functions: Functions, at: number, call: Call): string | undefined {
    const { id } = this.sandbox(key, functions);
    const { piece, ctx } = call;
    const message = { type: "call", id, at, ...(piece === undefined ? {} : { piece }) } as const;
    return this.request(key, message, this.limits.wallMs, this.answers(ctx));
  }

  /** A condition's answer; throws as `call`. */
  test(key: object, functions: Functions, ctx: RequestContext): boolean {
    const { id } = this.sandbox(key, functions);
    const message = { type: "test", id, at: 0 } as const;
    return this.request(key, message, this.limits.wallMs, this.answers(ctx)) === "true";
  }

  stop(): void {
    this.known.clear();
  }

  private get limits(): ScriptLimits {
    return this.options.limits ?? SCRIPT_LIMITS;
  }

  private sandbox(key: object, { sources, conf }: Functions): Sandbox {
    const known = this.known.get(key);
    if (known !== undefined && known.generation === thread.generation) return known;
    const id = ++ids;
    const { limits } = this;
    const message = { type: "load", id, sources, conf, limits } as const;
    this.request(key, message, limits.wallMs + LOAD_MS, noRequest);
    const made = { id, generation: thread.generation, size: sources.length };
    this.known.set(key, made);
    return made;
  }

  private request(
    key: object,
    message: Parameters<ScriptThread["request"]>[0],
    wallMs: number,
    ask: Ask,
  ): string | undefined {
    if (this.barred.has(key)) throw new ScriptError("the function had to be killed before");
    try {
      return thread.request(message, wallMs, ask);
    } catch (error) {
      if (!thread.isRunning) this.barred.add(key);
      throw error;
    }
  }

  private answers(ctx: RequestContext): Ask {
    const { operations, log } = this.options;
    return (operation, name, value) => {
      if (operation === "log") {
        log(name.slice(0, LOG_LENGTH_MAX));
        return undefined;
      }
      const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
      if (run === undefined) throw new Error(`${operation} is not to be had here`);
      const answer = run(ctx, name, value);
      return typeof answer === "string" ? answer : undefined;
    };
  }
}

export type Call = { readonly ctx: RequestContext; readonly piece?: Piece };

function noRequest(): never {
  throw new Error("there is no request at this time");
}

/** What is wrong with sources, in the original's words; undefined: they are functions. */
export function sourceProblem(sources: readonly string[]): string | undefined {
  const engines = new ScriptEngines({ operations: {}, log: () => undefined });
  try {
    engines.load({}, { sources, conf: {} });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    engines.stop();
  }
}

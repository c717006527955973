/**
 * One sandbox: a QuickJS runtime with the functions of one configuration. Its memory, its stack and
 * the CPU time of each call are bounded; closures live as long as it does. Lives in the thread of
 * the sandboxes (`worker.ts`).
 */
import type { QuickJSContext, QuickJSHandle, QuickJSWASMModule } from "quickjs-emscripten";
import type { Json } from "../../core/documents.ts";
import { ScriptError, SourceError } from "./engine-errors.ts";
import type { Piece, ScriptLimits } from "./protocol.ts";
import { PRELUDE } from "./sandbox-api.ts";

export type EngineOptions = {
  readonly module: QuickJSWASMModule;
  /** What functions get as `conf`. */
  readonly conf: Json;
  readonly limits: ScriptLimits;
  /** Asks the gateway about the request of the call that runs; throws what the function sees. */
  readonly ask: (operation: string, name: string, value: string) => string | undefined;
};

export class ScriptEngine {
  private readonly context: QuickJSContext;
  private readonly options: EngineOptions;
  private readonly api: QuickJSHandle;
  private isCalled = false;
  /** CPU time of this thread, µs, at which the call is ended. */
  private deadline = 0;

  constructor(options: EngineOptions) {
    this.options = options;
    const { module, limits, conf } = options;
    this.context = module.newContext();
    const { runtime } = this.context;
    runtime.setMemoryLimit(limits.memoryBytes);
    runtime.setMaxStackSize(limits.stackBytes);
    runtime.setInterruptHandler(() => cpuUs() > this.deadline);
    this.api = this.prelude(JSON.stringify(conf));
  }

  /** Adds a function; throws `SourceError`. The number is for `call` and `test`. */
  add(source: string): number {
    const made = this.evaluate(source);
    const type = this.context.typeof(made);
    if (type !== "function") {
      made.dispose();
      throw new SourceError(`only accept JavaScript function, the input code type is ${type}`);
    }
    return this.context.getNumber(this.invoke("add", [made]));
  }

  /** JSON text of what the function wants, or undefined. Throws `ScriptError`. */
  call(at: number, piece?: Piece): string | undefined {
    const { context } = this;
    return this.during(() => {
      const handle = this.invoke("call", [
        context.newNumber(at),
        piece === undefined ? context.false : context.true,
        piece === undefined ? context.undefined : context.newString(piece.text),
        piece?.isLast === true ? context.true : context.false,
      ]);
      const settled = this.settle(handle);
      const text = context.typeof(settled) === "string" ? context.getString(settled) : undefined;
      settled.dispose();
      return text;
    });
  }

  /** A condition's answer, as Lua sees truth. Throws `ScriptError`. */
  test(at: number): boolean {
    return this.during(() => {
      const handle = this.invoke("test", [this.context.newNumber(at)]);
      return this.context.dump(handle) === true;
    });
  }

  private during<T>(work: () => T): T {
    this.isCalled = true;
    try {
      return work();
    } finally {
      this.isCalled = false;
    }
  }

  private prelude(confText: string): QuickJSHandle {
    const { context } = this;
    this.start();
    const make = context.unwrapResult(context.evalCode(PRELUDE, "prelude.js"));
    const host = context.newFunction("host", (operation, name, value) => {
      if (!this.isCalled) throw new Error("there is no request at this time");
      const answer = this.options.ask(
        context.getString(operation),
        context.getString(name),
        context.getString(value),
      );
      return answer === undefined ? context.undefined : context.newString(answer);
    });
    const text = context.newString(confText);
    const api = context.unwrapResult(context.callFunction(make, context.undefined, host, text));
    for (const handle of [make, host, text]) handle.dispose();
    return api;
  }

  /** An expression, or statements that return; the former's own words when it is neither. */
  private evaluate(source: string): QuickJSHandle {
    const { context } = this;
    this.start();
    const isExpression = this.parses(`(\n${source}\n)`);
    const body = isExpression ? `return (\n${source}\n)` : source;
    const result = context.evalCode(`(function () {\n${body}\n})()`, "function.js", {
      strict: true,
    });
    if (result.error === undefined) return result.value;
    const { name, message } = this.describe(result.error);
    if (name !== "SyntaxError") throw new SourceError(`pcall error: ${message}`);
    throw new SourceError(`failed to loadstring: ${message}; ${NO_LUA}`);
  }

  private parses(source: string): boolean {
    const result = this.context.evalCode(source, "function.js", {
      strict: true,
      compileOnly: true,
    });
    if (result.error === undefined) result.value.dispose();
    else result.error.dispose();
    return result.error === undefined;
  }

  /** Calls a member of the prelude's object; the arguments are disposed of. */
  private invoke(member: string, values: readonly QuickJSHandle[]): QuickJSHandle {
    const { context } = this;
    this.start();
    const callee = context.getProp(this.api, member);
    const result = context.callFunction(callee, context.undefined, ...values);
    callee.dispose();
    for (const value of values) if (!isStatic(context, value)) value.dispose();
    if (result.error === undefined) return result.value;
    throw this.failure(result.error);
  }

  /** The value of a promise: nothing but the sandbox itself can settle it, so now or never. */
  private settle(handle: QuickJSHandle): QuickJSHandle {
    const { context } = this;
    if (context.typeof(handle) !== "object") return handle;
    const jobs = context.runtime.executePendingJobs(JOBS_MAX);
    if (jobs.error !== undefined) {
      handle.dispose();
      throw this.failure(jobs.error);
    }
    const state = context.getPromiseState(handle);
    handle.dispose();
    if (state.type === "fulfilled") return state.value;
    if (state.type === "rejected") throw this.failure(state.error);
    throw new ScriptError("the function waits for something that will not come");
  }

  private failure(handle: QuickJSHandle): ScriptError {
    const { name, message } = this.describe(handle);
    if (name === "InternalError" && message === "interrupted") {
      return new ScriptError(`the function took more than ${this.options.limits.cpuMs} ms`);
    }
    return new ScriptError(message);
  }

  private describe(handle: QuickJSHandle): { readonly name: string; readonly message: string } {
    const value: unknown = this.context.dump(handle);
    handle.dispose();
    if (typeof value !== "object" || value === null) return { name: "", message: String(value) };
    const { name, message } = value as { name?: unknown; message?: unknown };
    return { name: String(name ?? ""), message: String(message ?? "") };
  }

  private start(): void {
    this.deadline = cpuUs() + this.options.limits.cpuMs * 1000;
  }
}

/** Jobs of promises in one call. */
const JOBS_MAX = 10_000;
const NO_LUA = "functions are JavaScript here, Lua is not served";

/** µs of this thread: time in which others ran is not the function's. */
function cpuUs(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

function isStatic(context: QuickJSContext, handle: QuickJSHandle): boolean {
  return handle === context.true || handle === context.false || handle === context.undefined;
}

/** `_meta.pre_function`: a function that runs before a plugin's own work, in each of its phases. */
import type { JsonObject } from "../../core/documents.ts";
import type { PluginHandlers, PluginServices } from "../plugin.ts";
import type { RequestContext } from "../request-context.ts";
import { ScriptEngines, sourceProblem } from "./engines.ts";
import { OPERATIONS } from "./sandbox-api.ts";

/** Makes a call of a source for the configuration of a plugin; what it returns is of no account. */
export type PreFunctionCompiler = (
  plugin: string,
  source: string,
  conf: JsonObject,
) => (ctx: RequestContext) => void;

/** As the original: one that fails is told in the log, and the plugin runs. */
export function createPreFunctions(log: PluginServices["log"]): {
  readonly compile: PreFunctionCompiler;
  readonly stop: () => void;
} {
  const engines = new ScriptEngines({
    operations: OPERATIONS,
    log: (message) => log("info", message),
  });
  const compile: PreFunctionCompiler = (plugin, source, conf) => {
    const key = {};
    const functions = { sources: [source], conf };
    return (ctx) => {
      try {
        engines.call(key, functions, 0, { ctx });
      } catch (err) {
        log("error", `pre_function execution for plugin ${plugin} failed`, { err });
      }
    };
  };
  return { compile, stop: () => engines.stop() };
}

/** What is wrong with a source; the caller says in which plugin. */
export function preFunctionProblem(source: string): string | undefined {
  return sourceProblem([source])?.replace(/^failed to loadstring: /, "");
}

/** The same handlers, each after the function. */
export function withPreFunction<Conf>(
  handlers: PluginHandlers<Conf>,
  before: (ctx: RequestContext) => void,
): PluginHandlers<Conf> {
  const wrap = <Rest extends readonly unknown[], Result>(
    handler: ((conf: Conf, ctx: RequestContext, ...rest: Rest) => Result) | undefined,
  ) =>
    handler &&
    ((conf: Conf, ctx: RequestContext, ...rest: Rest): Result => {
      before(ctx);
      return handler(conf, ctx, ...rest);
    });
  const wrapped = {
    rewrite: wrap(handlers.rewrite),
    access: wrap(handlers.access),
    beforeProxy: wrap(handlers.beforeProxy),
    headerFilter: wrap(handlers.headerFilter),
    bodyFilter: wrap(handlers.bodyFilter),
    log: wrap(handlers.log),
  };
  const present = Object.entries(wrapped).filter(([, handler]) => handler !== undefined);
  return { ...handlers, ...Object.fromEntries(present) };
}

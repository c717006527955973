/** `filter_func` of routes: `function (vars) { return vars.arg_name === "json" }`. */
import type { RequestContext } from "../request-context.ts";
import type { FilterCompiler } from "../router.ts";
import { SourceError } from "./engine-errors.ts";
import { ScriptEngines } from "./engines.ts";
import { VARIABLES } from "./sandbox-api.ts";

/** What is wrong with a source, in the original's words. */
export function filterProblem(source: string): string | undefined {
  const engines = new ScriptEngines({ operations: VARIABLES, log: () => undefined });
  try {
    engines.load({}, { sources: [source], conf: {} });
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (message.startsWith("only accept")) return "'filter_func' should be a function";
    const why = error instanceof SourceError ? message.replace(/^[^:]*: /, "") : message;
    return `failed to load 'filter_func' string: ${why}`;
  } finally {
    engines.stop();
  }
}

/** A function that throws does not match; `log` is told. */
export function createFilterCompiler(log: (message: string, fields: object) => void): {
  readonly compile: FilterCompiler;
  readonly stop: () => void;
} {
  const engines = new ScriptEngines({
    operations: VARIABLES,
    log: (message) => log(message, {}),
  });
  const compile: FilterCompiler = (source) => {
    const problem = filterProblem(source);
    if (problem !== undefined) throw new Error(problem);
    const key = {};
    const functions = { sources: [source], conf: {} };
    return (lookup) => {
      // Of a request the operations of a condition read its variables, nothing else.
      const request = { var: lookup } as unknown as RequestContext;
      try {
        return engines.test(key, functions, request);
      } catch (err) {
        log("filter_func failed", { err });
        return false;
      }
    };
  };
  return { compile, stop: () => engines.stop() };
}

/** `filter_func` of routes: `function (vars) { return vars.arg_name === "json" }`. */
import type { RequestContext } from "../request-context.ts";
import type { FilterCompiler } from "../router.ts";
import { SourceError } from "./engine.ts";
import { ScriptEngines } from "./engines.ts";
import { VARIABLES } from "./sandbox-api.ts";

/** What is wrong with a source, in the original's words. */
export function filterProblem(source: string): string | undefined {
  const engines = new ScriptEngines({ operations: VARIABLES, log: () => undefined });
  try {
    const loaded = engines.of({}, [source], {});
    return loaded === undefined ? failed("the sandbox is not loaded yet") : undefined;
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    if (error.message.startsWith("only accept")) return "'filter_func' should be a function";
    return failed(error.message.replace(/^[^:]*: /, ""));
  } finally {
    engines.stop();
  }
}

function failed(why: string): string {
  return `failed to load 'filter_func' string: ${why}`;
}

/** A function that throws does not match; `log` is told. QuickJS must have been loaded. */
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
    return (lookup) => {
      // Of a request the operations of a condition read its variables, nothing else.
      const request = { var: lookup } as unknown as RequestContext;
      try {
        return engines.guard(() => {
          const loaded = engines.of(key, [source], {});
          return loaded?.engine.test(loaded.functions[0] ?? 0, request) === true;
        });
      } catch (err) {
        log("filter_func failed", { err });
        return false;
      }
    };
  };
  return { compile, stop: () => engines.stop() };
}

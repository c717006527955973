/**
 * `serverless-pre-function` and `serverless-post-function` (apisix-gateway.md 7): functions in
 * JavaScript, in a sandbox, in the phase that the configuration names.
 */
import type { JsonObject } from "../../../core/documents.ts";
import type { PhaseResult, Plugin, PluginHandlers, PluginServices } from "../../plugin.ts";
import type { RequestContext } from "../../request-context.ts";
import {
  type Functions,
  prepareScripts,
  ScriptEngines,
  sourceProblem,
} from "../../script/engines.ts";
import { exitOfText } from "../../script/exit.ts";
import { OPERATIONS } from "../../script/sandbox-api.ts";
import { Utf8Pieces } from "../../script/utf8-pieces.ts";
import { ConfSlots } from "./conf-slots.ts";

type Phase = "rewrite" | "access" | "header_filter" | "body_filter" | "log" | "before_proxy";
export type ServerlessConf = { readonly phase: Phase; readonly functions: readonly string[] };

const PHASES: Phase[] = [
  "rewrite",
  "access",
  "header_filter",
  "body_filter",
  "log",
  "before_proxy",
];

export function serverlessFunction(name: string, priority: number): Plugin<ServerlessConf> {
  return {
    name,
    version: 0.1,
    priority,
    schema: {
      type: "object",
      properties: {
        phase: { type: "string", default: "access", enum: PHASES },
        functions: { type: "array", items: { type: "string" }, minItems: 1 },
      },
      required: ["functions"],
    },
    check: ({ functions }) => sourceProblem(functions),
    create: (services) => handlersOf(name, services),
  };
}

function handlersOf(name: string, { log }: PluginServices): PluginHandlers<ServerlessConf> {
  const engines = new ScriptEngines({
    operations: OPERATIONS,
    log: (message) => log("info", message, { plugin: name }),
  });
  const pieces = new ConfSlots<ServerlessConf, Utf8Pieces>(name);
  /** The first that wants something ends the request. */
  const run = (conf: ServerlessConf, ctx: RequestContext): PhaseResult => {
    const functions = functionsOf(conf);
    for (let at = 0; at < functions.sources.length; at += 1) {
      const text = engines.call(conf, functions, at, { ctx });
      if (text !== undefined) return exitOfText(text);
    }
    return undefined;
  };
  /** Each function gets what the one before it made of the piece. */
  const filter = (
    conf: ServerlessConf,
    ctx: RequestContext,
    bytes: Uint8Array,
    isLast: boolean,
  ): Uint8Array => {
    const functions = functionsOf(conf);
    let now = bytes;
    for (let at = 0; at < functions.sources.length; at += 1) {
      const piece = { text: Buffer.from(now).toString("utf8"), isLast };
      const result = engines.call(conf, functions, at, { ctx, piece });
      if (result !== undefined) now = Buffer.from(textOf(result));
    }
    return now;
  };
  let isPrepared = false;
  /** The thread is started before it is needed in a phase that cannot wait. */
  const prepared = (then: () => PhaseResult): PhaseResult | Promise<PhaseResult> => {
    if (isPrepared) return then();
    return prepareScripts().then(() => {
      isPrepared = true;
      return then();
    });
  };
  /** The answer is on its way: what goes wrong can only be told. */
  const after = <T>(work: () => T, otherwise: T): T => {
    try {
      return work();
    } catch (err) {
      log("error", `a function of ${name} failed`, { err });
      return otherwise;
    }
  };
  return {
    rewrite: (conf, ctx) => prepared(() => (conf.phase === "rewrite" ? run(conf, ctx) : undefined)),
    access: (conf, ctx) => (conf.phase === "access" ? run(conf, ctx) : undefined),
    beforeProxy: (conf, ctx) => (conf.phase === "before_proxy" ? run(conf, ctx) : undefined),
    headerFilter: (conf, ctx) => {
      if (conf.phase === "body_filter") ctx.response.bodyWillChange();
      if (conf.phase === "header_filter") after(() => void run(conf, ctx), undefined);
    },
    bodyFilter: (conf, ctx, chunk, isLast) => {
      if (conf.phase !== "body_filter") return chunk;
      const whole = piecesOf(conf, ctx).next(chunk, isLast);
      return after(() => filter(conf, ctx, whole, isLast), whole);
    },
    log: (conf, ctx) => {
      if (conf.phase === "log") after(() => void run(conf, ctx), undefined);
    },
    stop: () => engines.stop(),
  };

  function piecesOf(conf: ServerlessConf, ctx: RequestContext): Utf8Pieces {
    let own = pieces.get(conf, ctx);
    if (own === undefined) {
      own = new Utf8Pieces();
      pieces.set(conf, ctx, own);
    }
    return own;
  }
}

const known = new WeakMap<ServerlessConf, Functions>();

/** The same object for a configuration each time. */
function functionsOf(conf: ServerlessConf): Functions {
  let functions = known.get(conf);
  if (functions === undefined) {
    functions = { sources: conf.functions, conf: conf as unknown as JsonObject };
    known.set(conf, functions);
  }
  return functions;
}

function textOf(result: string): string {
  const { text = "" } = JSON.parse(result) as { text?: unknown };
  return String(text);
}

/**
 * `serverless-pre-function` and `serverless-post-function` (apisix-gateway.md 7): functions in
 * JavaScript, in a sandbox, in the phase that the configuration names.
 */
import type { JsonObject } from "../../../core/documents.ts";
import type { PhaseResult, Plugin, PluginHandlers, PluginServices } from "../../plugin.ts";
import { createSlot, type RequestContext } from "../../request-context.ts";
import type { Piece } from "../../script/engine.ts";
import { type Loaded, ScriptEngines, sourceProblem } from "../../script/engines.ts";
import { exitOfText } from "../../script/exit.ts";
import { loadQuickJs, quickJs } from "../../script/quickjs.ts";
import { OPERATIONS } from "../../script/sandbox-api.ts";
import { Utf8Pieces } from "../../script/utf8-pieces.ts";

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
  const pieces = createSlot<Utf8Pieces>(name);
  const load = (conf: ServerlessConf): Loaded | undefined =>
    engines.of(conf, conf.functions, conf as unknown as JsonObject);

  /** The first that wants something ends the request. */
  const run = (conf: ServerlessConf, ctx: RequestContext): PhaseResult =>
    engines.guard(() => {
      const loaded = load(conf);
      if (loaded === undefined) throw new Error("the sandbox is not loaded");
      for (const at of loaded.functions) {
        const text = loaded.engine.call(at, ctx);
        if (text !== undefined) return exitOfText(text);
      }
      return undefined;
    });
  const before =
    (phase: Phase) =>
    (conf: ServerlessConf, ctx: RequestContext): PhaseResult | Promise<PhaseResult> => {
      if (conf.phase !== phase) return undefined;
      if (quickJs() !== undefined) return run(conf, ctx);
      return loadQuickJs().then(() => run(conf, ctx));
    };
  /** The answer is on its way: what goes wrong can only be told. */
  const after = <T>(work: () => T, otherwise: T): T => {
    try {
      return engines.guard(work);
    } catch (err) {
      log("error", `a function of ${name} failed`, { err });
      return otherwise;
    }
  };
  return {
    rewrite: (conf, ctx) => {
      // Later phases cannot wait.
      if (conf.phase !== "rewrite" && quickJs() === undefined) {
        return loadQuickJs().then(() => undefined);
      }
      return before("rewrite")(conf, ctx);
    },
    access: before("access"),
    beforeProxy: before("before_proxy"),
    headerFilter: (conf, ctx) => {
      if (conf.phase === "body_filter") ctx.response.bodyWillChange();
      if (conf.phase === "header_filter") after(() => void run(conf, ctx), undefined);
    },
    bodyFilter: (conf, ctx, chunk, isLast) => {
      if (conf.phase !== "body_filter") return chunk;
      const whole = piecesOf(ctx).next(chunk, isLast);
      return after(() => filtered(load(conf), ctx, whole, isLast), whole);
    },
    log: (conf, ctx) => {
      if (conf.phase === "log") after(() => void run(conf, ctx), undefined);
    },
    stop: () => engines.stop(),
  };

  function piecesOf(ctx: RequestContext): Utf8Pieces {
    let known = ctx.get(pieces);
    if (known === undefined) {
      known = new Utf8Pieces();
      ctx.set(pieces, known);
    }
    return known;
  }
}

/** Each function gets what the one before it made of the piece. */
function filtered(
  loaded: Loaded | undefined,
  ctx: RequestContext,
  bytes: Uint8Array,
  isLast: boolean,
): Uint8Array {
  if (loaded === undefined) throw new Error("the sandbox is not loaded");
  let now = bytes;
  for (const at of loaded.functions) {
    const piece: Piece = { text: Buffer.from(now).toString("utf8"), isLast };
    const result = loaded.engine.call(at, ctx, piece);
    if (result !== undefined) now = Buffer.from(textOf(result));
  }
  return now;
}

function textOf(result: string): string {
  const { text = "" } = JSON.parse(result) as { text?: unknown };
  return String(text);
}

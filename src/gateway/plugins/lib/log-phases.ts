/** The phases in which a logger listens to a request, with its bodies where they are wanted. */
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { Json, JsonObject } from "../../../core/documents.ts";
import { HELD_BODY_BYTES_MAX } from "../../client-request.ts";
import { compileExpression, type Expression, ExpressionError } from "../../expression.ts";
import type { PluginHandlers, PluginServices } from "../../plugin.ts";
import type { RequestContext } from "../../request-context.ts";
import { type BodyWish, bodyWish } from "../../template.ts";
import { ConfSlots } from "./conf-slots.ts";
import { bodyText, type LogConf, logEntry } from "./log-entry.ts";

type Expressions = { readonly request?: Expression; readonly response?: Expression };
/** Pieces of the answer's body; `isWanted` was decided with the first. */
type Held = { readonly isWanted: boolean; readonly chunks: Uint8Array[]; bytes: number };

export type LogPhasesOptions<Conf> = {
  readonly plugin: string;
  readonly services: PluginServices;
  readonly write: (conf: Conf, ctx: RequestContext, entry: JsonObject) => void;
};

/** The original's text for an expression that cannot be read. */
export function logConfProblem(conf: LogConf): string | undefined {
  for (const name of ["include_req_body_expr", "include_resp_body_expr"] as const) {
    const problem = expressionProblem(conf[name]);
    if (problem !== undefined) return `failed to validate the '${name}' expression: ${problem}`;
  }
  return undefined;
}

export function expressionProblem(rules: Json | undefined): string | undefined {
  if (rules === undefined) return undefined;
  try {
    compileExpression(rules);
    return undefined;
  } catch (error) {
    if (error instanceof ExpressionError) return error.message;
    throw error;
  }
}

export function logPhases<Conf extends LogConf>(
  options: LogPhasesOptions<Conf>,
): Pick<PluginHandlers<Conf>, "access" | "bodyFilter" | "log"> {
  const { plugin, services, write } = options;
  const known = new WeakMap<LogConf, Expressions>();
  const slots = new ConfSlots<LogConf, Held>(plugin);
  const wanting = new WeakMap<object, BodyWish>();
  const wishOf = (formats: object): BodyWish => {
    const wish = wanting.get(formats) ?? bodyWish(JSON.stringify(formats));
    wanting.set(formats, wish);
    return wish;
  };
  const bytesWanted = (conf: Conf, ctx: RequestContext): number => {
    const metadata = services.metadata(plugin);
    const wishes = [wishOf(conf), metadata === undefined ? "nothing" : wishOf(metadata)];
    if (wishes.includes("whole")) return HELD_BODY_BYTES_MAX;
    const isAsked = conf.include_req_body && holds(expressionsOf(conf, known).request, ctx);
    return isAsked || wishes.includes("beginning") ? conf.max_req_body_bytes : 0;
  };
  return {
    access: (conf, ctx) => {
      if (!ctx.request.hasBody) return undefined;
      const bytesMax = bytesWanted(conf, ctx);
      if (bytesMax === 0) return undefined;
      // A longer body goes on as it comes: only its beginning is in the log.
      return ctx.request.peekBody(bytesMax).then(() => undefined);
    },
    bodyFilter: (conf, ctx, chunk) => {
      if (conf.include_resp_body) {
        hold({ conf, ctx, chunk, slots, expressions: known });
      }
      return chunk;
    },
    log: (conf, ctx) => {
      const isAsked = conf.include_req_body && holds(expressionsOf(conf, known).request, ctx);
      const input = {
        conf,
        metadata: services.metadata(plugin),
        instance: services.instance,
        requestBody: isAsked ? bodyText(ctx.request.knownBody, conf.max_req_body_bytes) : undefined,
        responseBody: heldText(conf, ctx, slots.get(conf, ctx)),
      };
      write(conf, ctx, logEntry(input, ctx));
    },
  };
}

function expressionsOf(conf: LogConf, known: WeakMap<LogConf, Expressions>): Expressions {
  let found = known.get(conf);
  if (found === undefined) {
    const { include_req_body_expr: request, include_resp_body_expr: response } = conf;
    found = {
      ...(request === undefined ? {} : { request: compileExpression(request) }),
      ...(response === undefined ? {} : { response: compileExpression(response) }),
    };
    known.set(conf, found);
  }
  return found;
}

function holds(expression: Expression | undefined, ctx: RequestContext): boolean {
  return expression === undefined || expression((name) => ctx.var(name));
}

function hold(at: {
  readonly conf: LogConf;
  readonly ctx: RequestContext;
  readonly chunk: Uint8Array;
  readonly slots: ConfSlots<LogConf, Held>;
  readonly expressions: WeakMap<LogConf, Expressions>;
}): void {
  const { conf, ctx, chunk, slots, expressions } = at;
  let held = slots.get(conf, ctx);
  if (held === undefined) {
    const isWanted = holds(expressionsOf(conf, expressions).response, ctx);
    held = { isWanted, chunks: [], bytes: 0 };
    slots.set(conf, ctx, held);
  }
  if (!held.isWanted || chunk.length === 0 || held.bytes >= conf.max_resp_body_bytes) return;
  held.chunks.push(chunk);
  held.bytes += chunk.length;
}

function heldText(
  { max_resp_body_bytes: bytesMax }: LogConf,
  { response }: RequestContext,
  held: Held | undefined,
): string | undefined {
  if (held?.isWanted !== true) return undefined;
  const bytes = Buffer.concat(held.chunks).subarray(0, bytesMax);
  // With a transform the gateway has compressed it itself, after it passed here.
  const isOwn = response.bodyTransforms.length > 0;
  const encoding = isOwn ? undefined : response.getHeader("content-encoding");
  return decoded(bytes, encoding, bytesMax).toString("utf8");
}

/** As it is when it cannot be decoded: cut off, too large, or of a coding that is not known. */
function decoded(bytes: Buffer, encoding: string | undefined, bytesMax: number): Buffer {
  try {
    if (encoding === "gzip") return gunzipSync(bytes, { maxOutputLength: bytesMax });
    if (encoding === "br") return brotliDecompressSync(bytes, { maxOutputLength: bytesMax });
  } catch {
    return bytes;
  }
  return bytes;
}

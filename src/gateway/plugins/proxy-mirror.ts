/** `proxy-mirror`: sends a copy of requests elsewhere; nobody waits for what comes back. */
import { HELD_BODY_BYTES_MAX } from "../client-request.ts";
import { HeaderList } from "../header-list.ts";
import { hopByHopAnd, NOT_SENT_ON } from "../hop-by-hop.ts";
import type { Plugin, PluginServices } from "../plugin.ts";
import type { RequestContext } from "../request-context.ts";
import { ConfSlots } from "./lib/conf-slots.ts";
import { parseSeconds } from "./lib/sizes.ts";

export type ProxyMirrorConf = {
  readonly host: string;
  readonly path?: string;
  readonly path_concat_mode: "replace" | "prefix";
  readonly sample_ratio: number;
};

/** Copies that are under way at once; further ones are not sent. */
const COPIES_MAX = 1000;
const TIMEOUT_SECONDS = 60;

export const proxyMirror: Plugin<ProxyMirrorConf> = {
  name: "proxy-mirror",
  version: 0.1,
  priority: 1010,
  schema: {
    type: "object",
    properties: {
      host: {
        type: "string",
        pattern: "^(http(s)?|grpc(s)?):\\/\\/([\\da-zA-Z.-]+|\\[[\\da-fA-F:]+\\])(:\\d+)?$",
      },
      path: { type: "string", pattern: "^/[^?&]+$" },
      path_concat_mode: {
        type: "string",
        default: "replace",
        enum: ["replace", "prefix"],
        description: "the concatenation mode for custom path",
      },
      sample_ratio: { type: "number", minimum: 0.00001, maximum: 1, default: 1 },
    },
    required: ["host"],
  },
  check: ({ host }) =>
    host.startsWith("grpc") ? "host: gRPC is not served; mirror to http or https" : undefined,
  create: (services) => {
    const send = sender(services);
    const targets = new ConfSlots<ProxyMirrorConf, string>("proxy-mirror");
    return {
      // What plugins behind this one (proxy-rewrite) do to the URI does not concern the copy.
      rewrite: (conf, ctx) => {
        if (conf.sample_ratio < 1 && Math.random() >= conf.sample_ratio) return undefined;
        targets.set(conf, ctx, targetOf(conf, ctx));
        return undefined;
      },
      // The last phase before the upstream: no plugin has kept the request from it.
      beforeProxy: (conf, ctx) => {
        const { request } = ctx;
        const target = targets.get(conf, ctx);
        if (target === undefined) return undefined;
        const url = `${conf.host}${target}`;
        if (!request.hasBody) return void send(url, ctx, undefined);
        const tooLarge = (): void =>
          services.log("warn", "a request is too large to be mirrored", { route: ctx.route?.id });
        if ((request.contentLength ?? 0) > HELD_BODY_BYTES_MAX) return void tooLarge();
        return request
          .peekBody(HELD_BODY_BYTES_MAX)
          .then(({ bytes, isWhole }) => (isWhole ? send(url, ctx, bytes) : void tooLarge()));
      },
    };
  },
};

function sender({ http, log, attributes }: PluginServices) {
  let underWay = 0;
  const timeoutMs = timeoutOf(attributes("proxy-mirror")["timeout"]) * 1000;
  return (url: string, ctx: RequestContext, body: Buffer | undefined): undefined => {
    if (underWay >= COPIES_MAX) {
      log("warn", "a request is not mirrored: too many copies are under way", { underWay });
      return;
    }
    underWay++;
    const { method } = ctx.request;
    http({
      url,
      method,
      headers: headersOf(ctx),
      timeoutMs,
      ...(body === undefined ? {} : { body }),
    })
      .then((answer) => drain(answer.body))
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        log("warn", "a request could not be mirrored", { reason, route: ctx.route?.id });
      })
      .finally(() => underWay--);
  };
}

/** Seconds: the longest of those for connecting, sending and reading. */
function timeoutOf(timeouts: unknown): number {
  const values = Object.values((timeouts as Record<string, unknown> | undefined) ?? {});
  const seconds = values.map(parseSeconds).filter((value) => value !== undefined);
  return seconds.length === 0 ? TIMEOUT_SECONDS : Math.max(...seconds);
}

function targetOf({ path, path_concat_mode: mode }: ProxyMirrorConf, ctx: RequestContext): string {
  const { request } = ctx;
  if (path === undefined) return request.target;
  if (mode === "prefix") return path + request.target;
  return request.query === "" ? path : `${path}?${request.query}`;
}

/** The client's, with the host that the upstream sees. */
function headersOf({ request }: RequestContext): HeaderList {
  const list = new HeaderList(["Host", request.upstreamHost ?? request.head.authority]);
  list.raw.push(...request.headers.raw.filter((_, at) => isKept(request.headers.raw, at)));
  return list;
}

const DROPPED = hopByHopAnd(...NOT_SENT_ON);

/** Of a name and the value behind it, or of neither. */
function isKept(raw: readonly string[], at: number): boolean {
  const name = raw[at - (at % 2)]?.toLowerCase() ?? "";
  return !DROPPED.has(name) && !name.startsWith(":");
}

/** What comes back is of no interest, but must be read for the connection to be used again. */
function drain(body: AsyncIterable<unknown> & { resume(): unknown }): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = body as unknown as import("node:stream").Readable;
    stream.on("end", resolve).on("close", resolve).on("error", reject);
    stream.resume();
  });
}

/** Sends a request to an upstream: headers, tries, retries (apisix-gateway.md 2.9, 9). */

import { isIP } from "node:net";
import type { JsonObject } from "../core/documents.ts";
import { HeaderList } from "./header-list.ts";
import { hopByHopAnd, NOT_SENT_ON } from "./hop-by-hop.ts";
import type { RequestContext, UpstreamAttempt } from "./request-context.ts";
import type { Cancellation } from "./upstream/cancellation.ts";
import { defaultPort, type Node, parseTimeouts, type Timeouts } from "./upstream/conf.ts";
import type { Pick } from "./upstream/picker.ts";
import { type ExchangeAnswer, ExchangeError } from "./upstream/transport.ts";
import type { Upstream } from "./upstream/upstream.ts";
import { hostWithoutPort } from "./uri.ts";

export type Forwarding = {
  readonly ctx: RequestContext;
  readonly upstream: Upstream;
  readonly hasWebSocket: boolean;
  readonly timeout: JsonObject | undefined;
  readonly cancellation: Cancellation;
};

export type Forwarded =
  | { readonly answer: ExchangeAnswer; readonly attempt: UpstreamAttempt }
  | { readonly failure: number };

const NONE_TRIED: ReadonlySet<Node> = new Set();

/** Nodes that were tried in this request. */
export class Tries {
  readonly upstream: Upstream;
  readonly tried = new Set<Node>();
  current: Pick | undefined;

  constructor(upstream: Upstream) {
    this.upstream = upstream;
  }

  /** The request is over, or this try is; `ms` until the answer's head. */
  finish(ms: number | undefined): void {
    this.current?.done(ms);
    this.current = undefined;
  }

  /** False: no node is left. */
  next(ctx: RequestContext): boolean {
    this.finish(undefined);
    // An only node is tried again, as often as `retries` says.
    const tried = this.upstream.nodes.length === 1 ? NONE_TRIED : this.tried;
    this.current = this.upstream.pick((name) => ctx.var(name), tried);
    if (this.current === undefined) return false;
    const { node } = this.current;
    this.tried.add(node);
    const { host, port, domain } = node;
    ctx.attempts.push({
      host,
      port,
      name: domain ?? host,
      scheme: this.upstream.conf.scheme,
      status: undefined,
      connectMs: undefined,
      headerMs: undefined,
      responseMs: undefined,
    });
    return true;
  }
}

/** The first node is chosen already; goes on to others while that is safe. */
export async function forward(forwarding: Forwarding, tries: Tries): Promise<Forwarded> {
  const { ctx, upstream } = forwarding;
  const { bodyBytesMax, contentLength = 0 } = ctx.request;
  if (bodyBytesMax !== undefined && contentLength > bodyBytesMax) return { failure: 413 };
  const { conf } = upstream;
  const retries = conf.retries ?? upstream.nodes.length - 1;
  const deadline = performance.now() + (conf.retryTimeoutMs || Number.POSITIVE_INFINITY);
  for (let count = 0; ; count++) {
    const attempt = ctx.attempts.at(-1);
    const { current } = tries;
    if (current === undefined || attempt === undefined) return { failure: 502 };
    const begun = performance.now();
    try {
      const answer = await exchange(forwarding, current.node);
      attempt.status = answer.status;
      attempt.connectMs = answer.connectMs;
      attempt.headerMs = answer.headerMs;
      upstream.observe(current.node, { status: answer.status });
      return { answer, attempt };
    } catch (error) {
      if (!(error instanceof ExchangeError)) throw error;
      attempt.responseMs = performance.now() - begun;
      // The client's doing: the node has no status to be blamed for.
      if (error.kind === "too-large") return { failure: 413 };
      if (error.kind !== "client") {
        upstream.observe(current.node, error.kind === "timeout" ? "timeout" : "tcp");
      }
      attempt.status = error.kind === "timeout" ? 504 : 502;
      const isLast = count >= retries || !mayRetry(ctx, error);
      if (error.kind === "client" || isLast) return { failure: attempt.status };
      // Another try was due and cannot be made: a 502, whatever the last one came to.
      if (performance.now() >= deadline || !tries.next(ctx)) return { failure: 502 };
    }
  }
}

const IDEMPOTENT = new Set(["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"]);

/** As nginx: once something was sent, only what can be done twice is; and with its whole body. */
function mayRetry(ctx: RequestContext, error: ExchangeError): boolean {
  if (error.kind === "protocol") return false;
  if (!error.wasSent) return true;
  const { request } = ctx;
  return IDEMPOTENT.has(request.method) && (!request.hasBody || request.body !== undefined);
}

function exchange(forwarding: Forwarding, node: Node): Promise<ExchangeAnswer> {
  const { ctx, upstream, hasWebSocket, cancellation } = forwarding;
  const { request } = ctx;
  const upgrades = hasWebSocket && request.head.framing.upgrade !== undefined;
  const headers = upstreamHeaders(ctx, upstream, node, upgrades);
  const timeouts = timeoutsOf(forwarding);
  const { transport } = upstream;
  if (transport === undefined) throw new ExchangeError("connect", { wasSent: false });
  return transport.exchange(
    {
      host: node.host,
      port: node.port,
      serverName: serverNameFor(ctx, upstream, node),
      method: request.method,
      target: request.target,
      headers,
      body: request.bodySource,
      contentLength: lengthOf(ctx),
      bodyBytesMax: request.bodyBytesMax,
      timeouts,
      upgrades,
    },
    cancellation,
  );
}

function timeoutsOf({ upstream, timeout }: Forwarding): Timeouts {
  return timeout === undefined
    ? upstream.conf.timeouts
    : parseTimeouts(timeout, upstream.conf.timeouts);
}

/** No length for a request without body, unless its client gave one. */
function lengthOf({ request }: RequestContext): number | undefined {
  if (!request.hasBody && !request.headers.has("content-length")) return undefined;
  return request.contentLength;
}

/** What the gateway says itself is not passed on either. */
const NOT_FORWARDED = hopByHopAnd(...NOT_SENT_ON, "x-real-ip", "x-forwarded-for");

function upstreamHeaders(
  ctx: RequestContext,
  upstream: Upstream,
  node: Node,
  upgrades: boolean,
): HeaderList {
  const { headers } = ctx.request;
  const list = new HeaderList(["Host", hostFor(ctx, upstream, node)]);
  if (upgrades) {
    list.add("Upgrade", headers.get("upgrade") ?? "");
    list.add("Connection", headers.get("connection") ?? "Upgrade");
  }
  list.add("X-Real-IP", ctx.client.address);
  list.add("X-Forwarded-For", String(ctx.var("proxy_add_x_forwarded_for")));
  const { raw } = headers;
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] as string;
    const lower = name.toLowerCase();
    if (NOT_FORWARDED.has(lower) || lower.startsWith(":")) continue;
    list.raw.push(name, raw[at + 1] as string);
  }
  return list;
}

function hostFor(ctx: RequestContext, upstream: Upstream, node: Node): string {
  const { passHost, upstreamHost, scheme } = upstream.conf;
  if (passHost === "rewrite" && upstreamHost !== undefined) return upstreamHost;
  if (passHost === "node") {
    const name = node.domain ?? node.host;
    return node.port === defaultPort(scheme) ? name : `${name}:${node.port}`;
  }
  return ctx.request.upstreamHost ?? ctx.request.head.authority;
}

/** The name for the handshake: what goes out as `Host`, unless that is an address. */
function serverNameFor(ctx: RequestContext, upstream: Upstream, node: Node): string | undefined {
  if (upstream.conf.scheme !== "https") return undefined;
  const name = hostWithoutPort(hostFor(ctx, upstream, node));
  return isIP(name) === 0 && name !== "" ? name : node.domain;
}

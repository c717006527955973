/**
 * The life of one request: route, plugins, upstream, filters, log (apisix-gateway.md 2). Knows
 * nothing of listeners or of the Admin API.
 */
import type { Duplex } from "node:stream";
import { BodyWriter, exitHead, isStream, mayHaveBody, writeStream } from "./answer.ts";
import { type Chain, EMPTY_CHAIN, onlyFromConsumer } from "./chain.ts";
import { type CompiledRoute, matchedRoute, type RouteCompiler } from "./compiled-route.ts";
import { findUpstream } from "./find-upstream.ts";
import { type Forwarded, forward, Tries } from "./forward.ts";
import type { GlobalRules } from "./global-rules.ts";
import type { HeaderList } from "./header-list.ts";
import { RequestMatchInput } from "./match-input.ts";
import { goOn, Runner } from "./phases.ts";
import type { PhaseResult, PluginExit, PluginServices } from "./plugin.ts";
import type { Link } from "./plugin-set.ts";
import { BodyAbortedError } from "./read-body.ts";
import { Refusal, refusalStatus } from "./refusal.ts";
import { answerHeaders, relayBody } from "./relay.ts";
import type { RequestContext, UpstreamAttempt } from "./request-context.ts";
import type { Router } from "./router.ts";
import type { Sink } from "./sink.ts";
import { tunnel } from "./tunnel.ts";
import { Cancellation } from "./upstream/cancellation.ts";
import { parseTimeouts } from "./upstream/conf.ts";
import type { ExchangeAnswer } from "./upstream/transport.ts";
import type { Upstreams } from "./upstream/upstreams.ts";

export type PipelineOptions = {
  readonly router: Router;
  readonly routes: RouteCompiler;
  readonly globals: GlobalRules;
  readonly upstreams: Upstreams;
  readonly log: PluginServices["log"];
  /** Value of the header `Server`. */
  readonly serverHeader: string;
  /** `X-APISIX-Upstream-Status` on every answer, not only those of failing upstreams. */
  readonly showsUpstreamStatus: boolean;
};

/** Rewrite and access of global rules and route, and between them the consumer's plugins. */
const STEPS_BEFORE = 5;

const NOT_FOUND: PluginExit = { status: 404, body: { error_msg: "404 Route Not Found" } };

export class Pipeline {
  private readonly options: PipelineOptions;

  constructor(options: PipelineOptions) {
    this.options = options;
  }

  /** Answers the request, whatever happens; resolves when the answer is complete or given up. */
  handle(ctx: RequestContext, sink: Sink): Promise<void> {
    return new Run(this.options, ctx, sink).perform();
  }
}

class Run {
  private readonly options: PipelineOptions;
  private readonly ctx: RequestContext;
  private readonly sink: Sink;
  private readonly runner: Runner;
  private readonly globals: Chain;
  private chain: Chain = EMPTY_CHAIN;
  private links: ReadonlyMap<string, Link> | undefined;
  private readonly cancellation = new Cancellation();
  private tries: Tries | undefined;
  private isLogged = false;
  private readMs = 0;

  constructor(options: PipelineOptions, ctx: RequestContext, sink: Sink) {
    this.options = options;
    this.ctx = ctx;
    this.sink = sink;
    this.runner = new Runner(ctx);
    this.globals = options.globals.chain;
    sink.onDone((complete) => this.finish(complete));
  }

  /** Never rejects. */
  async perform(): Promise<void> {
    try {
      const { ctx } = this;
      const { router, routes } = this.options;
      if (router.needsBody && ctx.request.hasBody) await ctx.request.readBody();
      const match = router.match(new RequestMatchInput(ctx));
      if (match === undefined) return await this.answerUnknown();
      const compiled = routes.compile(match.route);
      if ("failure" in compiled) throw new Refusal(compiled.failure);
      ctx.route = matchedRoute(compiled, match);
      this.use(compiled.chain, compiled.links);
      const exit = this.before(compiled, 0);
      const ended = exit instanceof Promise ? await exit : exit;
      const answered = ended === undefined ? this.proxy(compiled) : this.exit(ended, "plugin");
      // Most exits are over at once.
      if (answered !== undefined) await answered;
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    if (error instanceof BodyAbortedError || this.sink.isGone) {
      this.sink.abort();
      return;
    }
    const status = refusalStatus(error);
    if (status === 500) this.options.log("error", "a request failed", { err: error });
    if (this.ctx.response.isSent) {
      this.sink.abort();
      return;
    }
    try {
      void this.exit({ status }, "gateway");
    } catch {
      this.sink.abort();
    }
  }

  private use(chain: Chain, links: ReadonlyMap<string, Link>): void {
    this.chain = chain;
    this.links = links;
  }

  private async answerUnknown(): Promise<void> {
    const { globals } = this;
    const exit =
      (await this.runner.run(this.globalLinks(globals.rewrite), "rewrite")) ??
      (await this.runner.run(this.globalLinks(globals.access), "access"));
    await this.exit(exit ?? NOT_FOUND, exit === undefined ? "gateway" : "plugin");
  }

  /** All phases before an upstream is looked for; at once while nothing waits. */
  private before(route: CompiledRoute, from: number): PhaseResult | Promise<PhaseResult> {
    for (let step = from; step < STEPS_BEFORE; step++) {
      const result = this.stepBefore(route, step);
      if (result instanceof Promise) {
        const isLast = step === STEPS_BEFORE - 1;
        return isLast ? result : result.then((exit) => exit ?? this.before(route, step + 1));
      }
      if (result !== undefined) return result;
    }
    return undefined;
  }

  private stepBefore(route: CompiledRoute, step: number): PhaseResult | Promise<PhaseResult> {
    const { runner, globals } = this;
    switch (step) {
      case 0:
        return runner.run(this.globalLinks(globals.rewrite), "rewrite");
      case 1:
        return runner.run(this.chain.rewrite, "rewrite");
      case 2:
        return this.joinConsumer(route);
      case 3:
        return runner.run(this.globalLinks(globals.access), "access");
      default:
        return runner.run(this.chain.access, "access");
    }
  }

  private joinConsumer(route: CompiledRoute): PhaseResult | Promise<PhaseResult> {
    const { consumer } = this.ctx;
    if (consumer === undefined) return undefined;
    const joined = this.options.routes.chainFor(route, consumer);
    if (joined === undefined) throw new Refusal(503);
    this.use(joined.chain, joined.links);
    return this.runner.run(onlyFromConsumer(joined.chain, route.links), "rewrite");
  }

  private async proxy(route: CompiledRoute): Promise<void> {
    const { request } = this.ctx;
    const needsBody = this.globals.needsBody || this.chain.needsBody;
    if (needsBody && request.hasBody) await request.readBody();
    const upstream = findUpstream(this.options, this.ctx, route);
    const waits = upstream.prepare();
    if (waits !== undefined) await waits;
    if (upstream.transport === undefined) throw new Refusal(502);
    if (upstream.nodes.length === 0) throw new Refusal(503);
    this.readMs = parseTimeouts(route.timeout, upstream.conf.timeouts).readMs;
    const tries = new Tries(upstream);
    this.tries = tries;
    if (!tries.next(this.ctx)) throw new Refusal(502);
    const globals = this.runner.run(this.globalLinks(this.globals.beforeProxy), "beforeProxy");
    const last = goOn(globals, () => this.runner.run(this.chain.beforeProxy, "beforeProxy"));
    const exit = last instanceof Promise ? await last : last;
    if (exit !== undefined) return this.exit(exit, "plugin");
    const { hasWebSocket, timeout } = route;
    const { ctx, cancellation } = this;
    const forwarding = { ctx, upstream, hasWebSocket, timeout, cancellation };
    const result = await forward(forwarding, tries);
    await this.relay(result);
  }

  private async relay(result: Forwarded): Promise<void> {
    if ("failure" in result) return this.exit({ status: result.failure }, "gateway");
    const { answer, attempt } = result;
    if (answer.socket !== undefined) return this.switchProtocols(answer, answer.socket, attempt);
    const headers = answerHeaders(answer);
    const writer = this.begin(answer.status, headers, "upstream");
    this.cancellation.listen(() => answer.body.destroy());
    await relayBody(answer, writer, attempt);
  }

  /** From now on bytes go both ways as they come. */
  private async switchProtocols(
    answer: ExchangeAnswer,
    node: Duplex,
    attempt: UpstreamAttempt,
  ): Promise<void> {
    const { response } = this.ctx;
    const begun = performance.now();
    const client = this.beginSwitch(answer, node);
    const settle = (): void => {
      attempt.responseMs ??= performance.now() - begun;
    };
    // Before the log phase, if it is the client that goes first.
    client.prependListener("close", settle);
    await tunnel(client, node, this.readMs, (bytes) => {
      response.bodyBytesSent += bytes;
    });
    settle();
  }

  /** The client's bare connection; nothing is left of the node's when it cannot be had. */
  private beginSwitch({ status, headers }: ExchangeAnswer, node: Duplex): Duplex {
    const { ctx, runner, sink } = this;
    const { response } = ctx;
    try {
      if (sink.upgrade === undefined) throw new Refusal(502);
      response.begin(status, headers, "upstream");
      response.headers.set("Server", this.options.serverHeader);
      runner.headerFilter(this.globals, this.skipsGlobal);
      runner.headerFilter(this.chain, neverSkips);
      response.isSent = true;
      return sink.upgrade(response.status, response.headers);
    } catch (error) {
      node.destroy();
      throw error;
    }
  }

  /** A promise only for a stream. */
  private exit(exit: PluginExit, source: "plugin" | "gateway"): Promise<void> | undefined {
    const { headers, body } = exitHead(exit);
    const writer = this.begin(exit.status, headers, source);
    if (isStream(body)) return writeStream(writer, body, this.sink);
    writer.end(body);
    return undefined;
  }

  /** Header filters, then the head goes out. */
  private begin(
    status: number,
    headers: HeaderList,
    source: "upstream" | "plugin" | "gateway",
  ): BodyWriter {
    const { ctx, runner, sink } = this;
    const { response } = ctx;
    response.begin(status, headers, source);
    response.headers.set("Server", this.options.serverHeader);
    this.tellUpstreamStatus();
    runner.headerFilter(this.globals, this.skipsGlobal);
    runner.headerFilter(this.chain, neverSkips);
    const before = runner.bodyFilters(this.globals, this.skipsGlobal);
    const own = runner.bodyFilters(this.chain, neverSkips);
    const filters = before.length === 0 ? own : [...before, ...own];
    const isSilent = ctx.request.head.method === "HEAD" || !mayHaveBody(response.status);
    if (response.status === 204) response.dropBodyFields();
    sink.head(response.status, response.headers);
    response.isSent = true;
    return new BodyWriter(response, sink, filters, isSilent);
  }

  private tellUpstreamStatus(): void {
    const { attempts, response } = this.ctx;
    const last = attempts.at(-1)?.status;
    if (last === undefined) return;
    if (last < 500 && !this.options.showsUpstreamStatus) return;
    response.setHeader(
      "X-APISIX-Upstream-Status",
      attempts.map((one) => one.status ?? "").join(", "),
    );
  }

  private finish(complete: boolean): void {
    if (this.isLogged) return;
    this.isLogged = true;
    if (!complete) {
      this.cancellation.cancel();
      const { response } = this.ctx;
      // As nginx: the client has closed the connection before its answer.
      if (!response.isSent) response.status = this.sink.refusal ?? 499;
    }
    this.ctx.isOver = true;
    this.ctx.request.drop();
    this.tries?.finish(this.ctx.attempts.at(-1)?.headerMs);
    try {
      this.runner.log(this.globals, this.skipsGlobal);
      this.runner.log(this.chain, neverSkips);
    } catch (err) {
      this.options.log("error", "a plugin failed in its log phase", { err });
    }
  }

  /** A plugin of a global rule that gives way to the route's own. */
  private readonly skipsGlobal = (link: Link): boolean =>
    link.plugin.runPolicy === "prefer_route" && this.links?.has(link.name) === true;

  private globalLinks(links: readonly Link[]): readonly Link[] {
    return links.some(this.skipsGlobal) ? links.filter((link) => !this.skipsGlobal(link)) : links;
  }
}

function neverSkips(): boolean {
  return false;
}

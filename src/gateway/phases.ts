/** Runs the phases of a chain for one request. */
import type { Json } from "../core/documents.ts";
import type { Chain, Phase } from "./chain.ts";
import type { PhaseResult, PluginExit } from "./plugin.ts";
import type { Link } from "./plugin-set.ts";
import type { RequestContext } from "./request-context.ts";

export type RunningPhase = "rewrite" | "access" | "beforeProxy";
type Outcome = PhaseResult | Promise<PhaseResult>;

/** Which plugins of a chain run in this request, decided once per plugin. */
export class Runner {
  private readonly ctx: RequestContext;
  // Most requests have neither filters nor secrets.
  private filtered: Map<Link, boolean> | undefined;
  private confs: Map<Link, object> | undefined;

  constructor(ctx: RequestContext) {
    this.ctx = ctx;
  }

  /** Stops at the first plugin that ends the request. Answers at once while no plugin waits. */
  run(links: readonly Link[], phase: RunningPhase, from = 0): Outcome {
    for (let at = from; at < links.length; at++) {
      const link = links[at] as Link;
      if (link.filterNeedsBody && this.lacksBody()) return this.readAndRun(links, phase, at);
      if (!this.runs(link)) continue;
      const result = this.call(link, phase);
      if (result instanceof Promise) {
        const isLast = at === links.length - 1 && link.errorResponse === undefined;
        return isLast ? result : this.runRest(links, phase, at, result);
      }
      if (result !== undefined) return replaceBody(result, link.errorResponse);
    }
    return undefined;
  }

  headerFilter(chain: Chain, skips: (link: Link) => boolean): void {
    for (const link of this.active(chain, "headerFilter", skips)) {
      link.handlers.headerFilter?.(this.confOf(link) as never, this.ctx);
    }
  }

  /** The body filters that run; an empty list lets the body pass untouched. */
  bodyFilters(chain: Chain, skips: (link: Link) => boolean): readonly BodyFilter[] {
    if (chain.bodyFilter.length === 0) return NO_FILTERS;
    return this.active(chain, "bodyFilter", skips).map((link) => (chunk, isLast) => {
      const filter = link.handlers.bodyFilter;
      return filter?.(this.confOf(link) as never, this.ctx, chunk, isLast) ?? chunk;
    });
  }

  log(chain: Chain, skips: (link: Link) => boolean): void {
    for (const link of this.active(chain, "log", skips)) {
      link.handlers.log?.(this.confOf(link) as never, this.ctx);
    }
  }

  private active(chain: Chain, phase: Phase, skips: (link: Link) => boolean): readonly Link[] {
    const links = chain[phase];
    if (links.length === 0) return links;
    return links.filter((link) => this.runs(link) && !skips(link));
  }

  private async runRest(
    links: readonly Link[],
    phase: RunningPhase,
    at: number,
    pending: Promise<PhaseResult | undefined>,
  ): Promise<PhaseResult> {
    const result = await pending;
    if (result === undefined) return this.run(links, phase, at + 1);
    return replaceBody(result, links[at]?.errorResponse);
  }

  private async readAndRun(
    links: readonly Link[],
    phase: RunningPhase,
    at: number,
  ): Promise<PhaseResult> {
    await this.ctx.request.readBody();
    return this.run(links, phase, at);
  }

  private call(link: Link, phase: RunningPhase): Outcome {
    const handler = link.handlers[phase];
    if (handler === undefined) return undefined;
    if (link.secretConf === undefined && !this.mustRead(link)) return handler(link.conf, this.ctx);
    return this.prepare(link).then((conf) => handler(conf as never, this.ctx));
  }

  private mustRead(link: Link): boolean {
    return link.needsBody && this.lacksBody();
  }

  private lacksBody(): boolean {
    const { request } = this.ctx;
    return request.body === undefined && request.hasBody;
  }

  /** Reads the body and fetches the secrets that the plugin needs. */
  private async prepare(link: Link): Promise<object> {
    if (this.mustRead(link)) await this.ctx.request.readBody();
    const conf = (await link.secretConf?.()) ?? link.conf;
    this.confs ??= new Map();
    this.confs.set(link, conf);
    return conf;
  }

  private confOf(link: Link): object {
    return this.confs?.get(link) ?? link.conf;
  }

  /** `_meta.filter` is looked at once per request, when the plugin would first run. */
  private runs(link: Link): boolean {
    if (link.filter === undefined) return true;
    let matches = this.filtered?.get(link);
    if (matches === undefined) {
      matches = link.filter((name) => this.ctx.var(name));
      this.filtered ??= new Map();
      this.filtered.set(link, matches);
    }
    return matches;
  }
}

const NO_FILTERS: readonly BodyFilter[] = [];

export type BodyFilter = (chunk: Uint8Array, isLast: boolean) => Uint8Array;

/** Runs what comes next when nothing has ended the request: at once, or after the promise. */
export function goOn(result: Outcome, next: () => Outcome): Outcome {
  if (result instanceof Promise) return result.then((exit) => exit ?? next());
  return result ?? next();
}

/** `_meta.error_response` stands for every refusal of the plugin. */
function replaceBody(exit: PluginExit, errorResponse: Json | undefined): PluginExit {
  if (exit.status < 400 || errorResponse === undefined) return exit;
  return { ...exit, body: errorResponse };
}

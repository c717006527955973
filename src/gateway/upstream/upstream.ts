/** One configured upstream: its nodes, how they are chosen, and the connections to them. */
import { isDeepStrictEqual } from "node:util";
import type { JsonObject } from "../../core/documents.ts";
import type { HttpClient } from "../http-call.ts";
import type { Lookup } from "../template.ts";
import { type Node, parseUpstream, type UpstreamConf } from "./conf.ts";
import { HealthChecker, type NodeHealth } from "./health-checker.ts";
import { parseHealth } from "./health-conf.ts";
import type { HealthReport } from "./health-state.ts";
import type { TlsOptions } from "./http1-transport.ts";
import { NodeList } from "./node-list.ts";
import type { Pick, Picker } from "./picker.ts";
import { createPicker } from "./pickers.ts";
import type { Resolve } from "./resolver.ts";
import type { Transport } from "./transport.ts";
import type { Lease, Transports } from "./transports.ts";

export type UpstreamServices = {
  readonly http: HttpClient;
  readonly resolve: Resolve;
  /** Certificate and key of an `ssl` of type "client". */
  readonly clientCertificate: (
    id: string,
  ) => Promise<{ readonly cert: string; readonly key: string } | undefined>;
  /** Another number whenever one of them may have changed. */
  readonly certificateVersion: () => number;
  readonly transports: Transports;
  readonly warn: (message: string, fields: object) => void;
};

const SCHEMES = new Set(["http", "https"]);
const TYPES = new Set(["roundrobin", "chash", "least_conn", "ewma"]);

/** Nobody closes the upstreams in configurations of plugins: their leases end with them. */
const abandoned = new FinalizationRegistry((release: () => void) => release());

export class Upstream {
  readonly conf: UpstreamConf;
  private readonly services: UpstreamServices;
  private readonly list: NodeList;
  private readonly checker: HealthChecker | undefined;
  private picker: Picker | undefined;
  private ready: Lease | undefined;
  /** Of the certificates, when the one in use was fetched. */
  private certificateVersion: number | undefined;
  /** Made at the first request, as the original's checkers. */
  private isChecking = false;
  private isClosed = false;

  /** `before` is what this one takes the place of: unchanged health checks go on. */
  constructor(raw: JsonObject, services: UpstreamServices, before?: Upstream) {
    this.conf = parseUpstream(raw);
    this.services = services;
    this.list = new NodeList({
      conf: this.conf,
      resolve: services.resolve,
      now: () => performance.now(),
      onChange: () => this.nodesChanged(),
      warn: services.warn,
    });
    this.checker = this.adoptChecker(before) ?? this.makeChecker();
    if (!this.needsCertificate) this.ready = this.makeTransport(this.ownCertificate);
  }

  /** Why nothing can be sent to it, and what to answer; undefined: nothing is known against it. */
  get problem(): { readonly status: number; readonly text: string } | undefined {
    const { scheme, type: balancer, raw } = this.conf;
    if (!SCHEMES.has(scheme)) return { status: 502, text: `scheme ${scheme} is not served` };
    if (!TYPES.has(balancer)) return { status: 502, text: `balancer ${balancer} is not served` };
    const { discovery_type: type } = raw;
    if (type === undefined || type === "dns") return undefined;
    return { status: 503, text: `discovery ${String(type)} is uninitialized` };
  }

  get nodes(): readonly Node[] {
    return this.list.nodes;
  }

  /** A promise where names or certificates must be fetched before the upstream can be used. */
  prepare(): Promise<void> | undefined {
    const nodes = this.list.prepare();
    if (!this.needsCertificate) return nodes;
    if (this.certificateVersion === this.services.certificateVersion()) return nodes;
    return Promise.all([nodes, this.fetchCertificate()]).then(() => undefined);
  }

  /** Undefined: no certificate could be had. */
  get transport(): Transport | undefined {
    return this.ready?.transport;
  }

  /** A node that is up, if there is one, and not in `tried`. */
  pick(lookup: Lookup, tried: ReadonlySet<Node>): Pick | undefined {
    if (this.checker !== undefined && !this.isChecking) {
      this.isChecking = true;
      this.checker.watch(this.nodes);
    }
    this.picker ??= this.makePicker();
    return this.picker?.pick(lookup, tried);
  }

  /** What an exchange with a node came to, for passive health checks. */
  observe(node: Node, report: HealthReport): void {
    this.checker?.observe(node, report);
  }

  /** Undefined: it has no checks, or they have not begun. */
  get health(): { readonly type: string; readonly nodes: readonly NodeHealth[] } | undefined {
    if (this.checker === undefined || !this.isChecking) return undefined;
    return { type: this.checker.type, nodes: this.checker.view() };
  }

  /** `successor` takes over what goes on. */
  close(successor?: Upstream): void {
    // Requests under way keep what they have: it is only not kept for others.
    if (!this.isClosed) this.ready?.release();
    this.isClosed = true;
    if (successor === undefined || successor.checker !== this.checker) this.checker?.stop();
  }

  private get needsCertificate(): boolean {
    return this.conf.scheme === "https" && this.conf.tls?.["client_cert_id"] !== undefined;
  }

  private get ownCertificate(): { readonly cert?: string; readonly key?: string } {
    const { client_cert: cert, client_key: key } = this.conf.tls ?? {};
    return typeof cert === "string" && typeof key === "string" ? { cert, key } : {};
  }

  private async fetchCertificate(): Promise<void> {
    const { certificateVersion, clientCertificate, warn } = this.services;
    const id = String(this.conf.tls?.["client_cert_id"]);
    const version = certificateVersion();
    const certificate = await clientCertificate(id);
    // Another request was faster, or what came is old by now.
    if (this.certificateVersion === version) return;
    if (version !== certificateVersion()) return this.fetchCertificate();
    const before = this.ready;
    this.ready = certificate === undefined ? undefined : this.makeTransport(certificate);
    before?.release();
    if (certificate === undefined) warn("ssl id not exits", { id });
    else this.certificateVersion = version;
    // Leased for the requests under way only.
    if (this.isClosed) this.ready?.release();
  }

  private makeTransport(certificate: Omit<TlsOptions, "verify">): Lease {
    const { pool, scheme, tls } = this.conf;
    const secure = { verify: tls?.["verify"] === true, ...certificate };
    const options = scheme === "https" ? { ...pool, tls: secure } : pool;
    const lease = this.services.transports.lease(options);
    abandoned.register(this, lease.release);
    return lease;
  }

  /** All nodes when none is up: one of them may answer all the same. */
  private makePicker(): Picker | undefined {
    const { checker, nodes } = this;
    const up = checker === undefined ? nodes : nodes.filter((node) => checker.isUp(node));
    return createPicker(this.conf, up.length === 0 ? nodes : up);
  }

  private nodesChanged(): void {
    this.picker = undefined;
    if (this.isChecking) this.checker?.watch(this.nodes);
  }

  private makeChecker(): HealthChecker | undefined {
    const { checks } = this.conf;
    if (checks === undefined) return undefined;
    const { http } = this.services;
    return new HealthChecker({ conf: parseHealth(checks), http, onChange: this.healthChanged });
  }

  private adoptChecker(before: Upstream | undefined): HealthChecker | undefined {
    if (before?.checker === undefined) return undefined;
    if (!isDeepStrictEqual(before.conf.checks, this.conf.checks)) return undefined;
    before.checker.onChange = this.healthChanged;
    this.isChecking = before.isChecking;
    if (this.isChecking) before.checker.watch(this.list.nodes);
    return before.checker;
  }

  private readonly healthChanged = (): void => {
    this.picker = undefined;
  };
}

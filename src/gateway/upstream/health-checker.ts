/** Asks the nodes of an upstream how they are, and hears what requests found out. */
import { connect } from "node:net";
import { HeaderList } from "../header-list.ts";
import type { HttpClient } from "../http-call.ts";
import type { Node } from "./conf.ts";
import type { HealthConf } from "./health-conf.ts";
import {
  type HealthCounter,
  type HealthReport,
  HealthState,
  type HealthStatus,
} from "./health-state.ts";

/** A node as the control API shows it. */
export type NodeHealth = {
  readonly ip: string;
  readonly port: number;
  readonly hostname: string;
  readonly status: HealthStatus;
  readonly counter: Readonly<HealthCounter>;
};

export type HealthCheckerOptions = {
  readonly conf: HealthConf;
  readonly http: HttpClient;
  /** A node went up or down. */
  readonly onChange: () => void;
};

type Target = {
  readonly node: Node;
  readonly state: HealthState;
  timer: NodeJS.Timeout | undefined;
};

export class HealthChecker {
  /** Where changes are told: the upstream that uses the checker now. */
  onChange: () => void;
  private readonly options: HealthCheckerOptions;
  private readonly targets = new Map<string, Target>();
  private running = 0;
  private isStopped = false;

  constructor(options: HealthCheckerOptions) {
    this.options = options;
    this.onChange = options.onChange;
  }

  get type(): string {
    return this.options.conf.active.type;
  }

  /** Nodes that stay keep their state. */
  watch(nodes: readonly Node[]): void {
    const wanted = new Map(nodes.map((node) => [keyOf(node), node]));
    for (const [key, target] of this.targets) {
      if (wanted.has(key)) continue;
      clearTimeout(target.timer);
      this.targets.delete(key);
    }
    for (const [key, node] of wanted) {
      if (this.targets.has(key)) continue;
      const target: Target = { node, state: new HealthState(), timer: undefined };
      this.targets.set(key, target);
      this.schedule(target);
    }
  }

  isUp(node: Node): boolean {
    return this.targets.get(keyOf(node))?.state.isUp ?? true;
  }

  /** What a request to the node came to. */
  observe(node: Node, report: HealthReport): void {
    const { passive } = this.options.conf;
    const target = this.targets.get(keyOf(node));
    if (passive === undefined || target === undefined) return;
    if (target.state.report(report, passive.healthy, passive.unhealthy)) this.changed(target);
  }

  /** By what is looked at: nodes on one machine that have a common port for checks are one. */
  view(): NodeHealth[] {
    const { active } = this.options.conf;
    const views = [...this.targets.values()].map(({ node, state }) => ({
      ip: node.host,
      port: active.port ?? node.port,
      hostname: active.host ?? node.domain ?? node.host,
      status: state.status,
      counter: { ...state.counter },
    }));
    const keyed = views.map((view) => [`${view.ip} ${view.port} ${view.hostname}`, view] as const);
    return [...new Map(keyed).values()];
  }

  stop(): void {
    this.isStopped = true;
    for (const { timer } of this.targets.values()) clearTimeout(timer);
    this.targets.clear();
  }

  /** Down or up, the node is looked at as often as its new state demands. */
  private changed(target: Target): void {
    this.schedule(target);
    this.onChange();
  }

  private schedule(target: Target): void {
    const { healthyMs, unhealthyMs } = this.options.conf.active;
    const everyMs = target.state.isUp ? healthyMs : unhealthyMs;
    clearTimeout(target.timer);
    if (everyMs <= 0 || this.isStopped) return;
    target.timer = setTimeout(() => void this.check(target), everyMs).unref();
  }

  private async check(target: Target): Promise<void> {
    const { active } = this.options.conf;
    if (this.running < active.concurrency) {
      this.running++;
      const report = await this.probe(target.node);
      this.running--;
      if (this.targets.get(keyOf(target.node)) !== target) return;
      if (target.state.report(report, active.healthy, active.unhealthy)) this.onChange();
    }
    this.schedule(target);
  }

  private async probe(node: Node): Promise<HealthReport> {
    const { active } = this.options.conf;
    const port = active.port ?? node.port;
    try {
      if (active.type === "tcp") return await probeTcp(node.host, port, active.timeoutMs);
      return await this.probeHttp(node, port);
    } catch (error) {
      return error instanceof Error && error.message === "timeout" ? "timeout" : "tcp";
    }
  }

  private async probeHttp(node: Node, port: number): Promise<HealthReport> {
    const { active } = this.options.conf;
    const host = node.host.includes(":") ? `[${node.host}]` : node.host;
    const headers = new HeaderList(["Host", active.host ?? node.domain ?? host]);
    for (const line of active.headers) {
      const colon = line.indexOf(":");
      if (colon > 0) headers.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
    }
    const { status, body } = await this.options.http({
      url: `${active.type}://${host}:${port}${active.path}`,
      method: active.method,
      headers,
      timeoutMs: active.timeoutMs,
      sslVerify: active.verifies,
      keepalive: false,
      ...(active.body === "" ? {} : { body: active.body }),
    });
    body.destroy();
    return { status };
  }
}

function keyOf({ host, port }: Node): string {
  return `${host}:${port}`;
}

function probeTcp(host: string, port: number, timeoutMs: number): Promise<HealthReport> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (report: HealthReport): void => {
      socket.destroy();
      resolve(report);
    };
    socket.setTimeout(timeoutMs, () => end("timeout"));
    socket.once("connect", () => end("connected"));
    socket.once("error", () => end("tcp"));
  });
}

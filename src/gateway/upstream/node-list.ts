/** The nodes of an upstream with addresses instead of names, kept fresh while it is used. */
import { isIP } from "node:net";
import { type Node, parseAddress, type UpstreamConf } from "./conf.ts";
import type { Resolution, Resolve } from "./resolver.ts";

export type NodeListOptions = {
  readonly conf: UpstreamConf;
  readonly resolve: Resolve;
  /** milliseconds, monotonic */
  readonly now: () => number;
  readonly onChange: (nodes: readonly Node[]) => void;
  readonly warn: (message: string, fields: object) => void;
};

/** How long a failed answer holds before the name is asked again. */
const FAILURE_MS = 1000;

export class NodeList {
  nodes: readonly Node[];
  private readonly options: NodeListOptions;
  private readonly isFixed: boolean;
  private validUntil = 0;
  private refreshing: Promise<void> | undefined;

  constructor(options: NodeListOptions) {
    this.options = options;
    const { conf } = options;
    this.isFixed = conf.discovery === undefined && conf.nodes.every(({ host }) => isIP(host) !== 0);
    this.nodes = this.isFixed ? conf.nodes : [];
  }

  /**
   * Undefined: the nodes can be used. A promise: they are being looked up for the first time. Old
   * ones are used on while they are asked for again.
   */
  prepare(): Promise<void> | undefined {
    if (this.isFixed || this.options.now() < this.validUntil) return undefined;
    this.refreshing ??= this.refresh().finally(() => {
      this.refreshing = undefined;
    });
    return this.nodes.length === 0 ? this.refreshing : undefined;
  }

  private async refresh(): Promise<void> {
    const { conf, resolve, now, onChange, warn } = this.options;
    let ttlMs = FAILURE_MS;
    try {
      const found = await (conf.discovery === undefined
        ? resolveNodes(conf.nodes, resolve)
        : discover(conf.discovery, conf.scheme, resolve));
      ttlMs = found.ttlMs;
      if (!sameNodes(this.nodes, found.nodes)) {
        this.nodes = found.nodes;
        onChange(found.nodes);
      }
    } catch (err) {
      warn("failed to resolve the nodes of an upstream", { err });
    }
    this.validUntil = now() + ttlMs;
  }
}

type Found = { readonly nodes: readonly Node[]; readonly ttlMs: number };

/** Each name stands for one of its addresses, another one from time to time. */
async function resolveNodes(nodes: readonly Node[], resolve: Resolve): Promise<Found> {
  let ttlMs = Number.POSITIVE_INFINITY;
  const found = await Promise.all(
    nodes.map(async (node) => {
      if (isIP(node.host) !== 0) return node;
      const resolution = await resolve(node.host).catch(() => undefined);
      ttlMs = Math.min(ttlMs, resolution?.ttlMs ?? FAILURE_MS);
      const address = resolution === undefined ? undefined : drawn(resolution);
      return address === undefined ? undefined : { ...node, host: address, domain: node.host };
    }),
  );
  const left = found.filter((node) => node !== undefined);
  if (left.length === 0) throw new Error("no address was found");
  return { nodes: left, ttlMs };
}

function drawn({ addresses }: Resolution): string | undefined {
  return addresses[Math.floor(Math.random() * addresses.length)]?.address;
}

/** Discovery by DNS: every address of the service is a node. */
async function discover(service: string, scheme: string, resolve: Resolve): Promise<Found> {
  const { host, port } = parseAddress(service, scheme);
  const { addresses, ttlMs } = await resolve(host);
  const nodes = addresses.map((one) => ({
    host: one.address,
    port: one.port ?? port,
    weight: one.weight ?? 1,
    priority: one.priority ?? 0,
    domain: undefined,
  }));
  return { nodes, ttlMs };
}

function sameNodes(before: readonly Node[], now: readonly Node[]): boolean {
  const text = (nodes: readonly Node[]): string =>
    nodes
      .map(({ host, port, weight, priority }) => [host, port, weight, priority].join())
      .sort()
      .join(";");
  return text(before) === text(now);
}

/** Names of nodes to addresses, asked anew when an answer has grown old. */
import { promises as dns } from "node:dns";
import { readFile } from "node:fs/promises";
import { isIPv4, isIPv6 } from "node:net";
import { fileStamp } from "../../lib/file-stamp.ts";

export type Address = {
  readonly address: string;
  /** Of an SRV record; undefined: the configured one. */
  readonly port?: number;
  readonly weight?: number;
  readonly priority?: number;
};

export type Resolution = {
  /** Never empty. */
  readonly addresses: readonly Address[];
  readonly ttlMs: number;
};

/** Rejects when there is no address. */
export type Resolve = (name: string) => Promise<Resolution>;

const HOSTS_FILE = "/etc/hosts";
/** The system's resolver and its file of hosts tell no time to live. */
const SYSTEM_TTL_MS = 10_000;
const TTL_MS_MIN = 1000;

/**
 * With `servers` ("127.0.0.1:1053") asks those for what the file of hosts does not know, else the
 * system.
 */
export function createResolve(servers?: readonly string[], hostsFile = HOSTS_FILE): Resolve {
  if (servers === undefined || servers.length === 0) return resolveBySystem;
  const resolver = new dns.Resolver();
  resolver.setServers(servers);
  const hosts = new HostsFile(hostsFile);
  return async (name) => {
    if (isService(name)) return resolveService(resolver, name);
    return (await hosts.resolve(name)) ?? resolveHost(resolver, name);
  };
}

/** Read again when it has changed: it may be a list of a hundred thousand names. */
class HostsFile {
  private readonly path: string;
  private stamp = "";
  private addresses = new Map<string, string[]>();

  constructor(path: string) {
    this.path = path;
  }

  /** IPv4 first, as the original; undefined: the file cannot be read or does not have the name. */
  async resolve(name: string): Promise<Resolution | undefined> {
    await this.refresh().catch(() => undefined);
    const found = this.addresses.get(name.toLowerCase()) ?? [];
    const address = found.find(isIPv4) ?? found.find(isIPv6);
    return address === undefined ? undefined : { addresses: [{ address }], ttlMs: SYSTEM_TTL_MS };
  }

  private async refresh(): Promise<void> {
    const stamp = await fileStamp(this.path);
    if (stamp === this.stamp) return;
    const text = await readFile(this.path, "utf8");
    this.stamp = stamp;
    this.addresses = new Map();
    for (const line of text.split("\n")) {
      const [address = "", ...names] = line.replace(/#.*/u, "").trim().toLowerCase().split(/\s+/u);
      for (const name of names) {
        const known = this.addresses.get(name);
        if (known === undefined) this.addresses.set(name, [address]);
        else known.push(address);
      }
    }
  }
}

async function resolveBySystem(name: string): Promise<Resolution> {
  if (isService(name)) return resolveService(new dns.Resolver(), name);
  const found = await dns.lookup(name, { all: true });
  return { addresses: found.map(({ address }) => ({ address })), ttlMs: SYSTEM_TTL_MS };
}

function isService(name: string): boolean {
  return name.startsWith("_");
}

async function resolveHost(resolver: dns.Resolver, name: string): Promise<Resolution> {
  const found = await resolver
    .resolve4(name, { ttl: true })
    .catch(() => resolver.resolve6(name, { ttl: true }));
  const ttlMs = Math.max(TTL_MS_MIN, Math.min(...found.map(({ ttl }) => ttl)) * 1000);
  return { addresses: found.map(({ address }) => ({ address })), ttlMs };
}

/** Lower priority numbers come first in DNS, higher ones in upstreams. */
async function resolveService(resolver: dns.Resolver, name: string): Promise<Resolution> {
  const records = await resolver.resolveSrv(name);
  const lists = await Promise.all(
    records.map(async ({ name: host, port, weight, priority }) => {
      const { addresses, ttlMs } = await resolveHost(resolver, host);
      const nodes = addresses.map(({ address }) => ({
        address,
        port,
        weight,
        priority: -priority,
      }));
      return { nodes, ttlMs };
    }),
  );
  return {
    addresses: lists.flatMap(({ nodes }) => nodes),
    ttlMs: Math.min(...lists.map(({ ttlMs }) => ttlMs)),
  };
}

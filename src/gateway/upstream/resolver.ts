/** Names of nodes to addresses, asked anew when an answer has grown old. */
import { promises as dns } from "node:dns";

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

/** The system's resolver tells no time to live. */
const SYSTEM_TTL_MS = 10_000;
const TTL_MS_MIN = 1000;

/** With `servers` ("127.0.0.1:1053") asks those, else the system with its hosts file. */
export function createResolve(servers?: readonly string[]): Resolve {
  if (servers === undefined || servers.length === 0) return resolveBySystem;
  const resolver = new dns.Resolver();
  resolver.setServers(servers);
  return (name) => (isService(name) ? resolveService(resolver, name) : resolveHost(resolver, name));
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

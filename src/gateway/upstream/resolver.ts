/** Names of nodes to addresses, asked anew when an answer has grown old. */
import { promises as dns } from "node:dns";
import { readFile } from "node:fs/promises";
import { isIPv4, isIPv6 } from "node:net";

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
  return async (name) => {
    if (isService(name)) return resolveService(resolver, name);
    return (await resolveByFile(hostsFile, name)) ?? resolveHost(resolver, name);
  };
}

/** IPv4 first, as the original; undefined: the file cannot be read or does not have the name. */
async function resolveByFile(file: string, name: string): Promise<Resolution | undefined> {
  const text = await readFile(file, "utf8").catch(() => "");
  const lower = name.toLowerCase();
  const found = text
    .split("\n")
    .map((line) => line.replace(/#.*/u, "").trim().toLowerCase().split(/\s+/u))
    .filter(([, ...names]) => names.includes(lower))
    .map(([address = ""]) => address);
  const address = found.find(isIPv4) ?? found.find(isIPv6);
  return address === undefined ? undefined : { addresses: [{ address }], ttlMs: SYSTEM_TTL_MS };
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

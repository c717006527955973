/** Consistent hashing with the ring of nginx (apisix/balancer/chash.lua). */
import { crc32 } from "node:zlib";
import { type Lookup, resolveTemplate } from "../template.ts";
import type { Node, UpstreamConf } from "./conf.ts";
import { NOTHING_TO_DO, type Picker } from "./picker.ts";

/** As nginx and the original: so many points on the ring per unit of weight. */
const POINTS = 160;

type Point = { readonly at: number; readonly node: Node };

/** The same key goes to the same node; when that one fails, to the next one on the ring. */
export function createConsistentHash(
  nodes: readonly Node[],
  { hashOn, key }: Pick<UpstreamConf, "hashOn" | "key">,
): Picker {
  const ring = makeRing(nodes);
  return {
    pick: (lookup, tried) => {
      const start = indexAfter(ring, crc32(keyOf(hashOn, key, lookup)));
      for (let step = 0; step < ring.length; step++) {
        const node = ring[(start + step) % ring.length]?.node;
        if (node !== undefined && !tried.has(node)) return { node, done: NOTHING_TO_DO };
      }
      return undefined;
    },
  };
}

/** Without a value, the client's address. */
function keyOf(hashOn: string, key: string | undefined, lookup: Lookup): string {
  const value =
    hashOn === "vars_combinations" ? combined(key ?? "", lookup) : single(hashOn, key, lookup);
  return String(value ?? lookup("remote_addr") ?? "");
}

function combined(key: string, lookup: Lookup): string | undefined {
  const { text, count } = resolveTemplate(key, lookup);
  return count === 0 ? undefined : text;
}

function single(hashOn: string, key: string | undefined, lookup: Lookup): unknown {
  if (hashOn === "consumer") return lookup("consumer_name");
  if (key === undefined) return undefined;
  if (hashOn === "header") return lookup(`http_${key.toLowerCase()}`);
  return lookup(hashOn === "cookie" ? `cookie_${key}` : key);
}

function makeRing(nodes: readonly Node[]): readonly Point[] {
  const weighted = nodes.filter((node) => node.weight > 0);
  const used = weighted.length > 0 ? weighted : nodes.map((node) => ({ ...node, weight: 1 }));
  const unit = used.reduce((divisor, { weight }) => greatestDivisor(divisor, weight), 0) || 1;
  const points: Point[] = [];
  for (const [index, { host, port, weight }] of used.entries()) {
    const node = (weighted.length > 0 ? weighted : nodes)[index] as Node;
    const count = Math.round((weight / unit) * POINTS);
    for (const at of pointsOf(`${host}:${port}`, count)) points.push({ at, node });
  }
  return points.sort((a, b) => a.at - b.at);
}

/**
 * Where a node stands on the ring, just as nginx and the original have it (resty.chash): each point
 * is the checksum of the name and the point before. Texts with a counter would lie close together.
 */
function pointsOf(name: string, count: number): readonly number[] {
  const base = crc32(name.replaceAll(":", "\0"));
  const before = Buffer.alloc(4);
  return Array.from({ length: count }, () => {
    const point = crc32(before, base);
    before.writeUInt32LE(point);
    return point;
  });
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/** The first point not before the value; past the last one the ring begins anew. */
function indexAfter(ring: readonly Point[], value: number): number {
  let low = 0;
  let high = ring.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ring[middle]?.at ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low === ring.length ? 0 : low;
}

/** Gateways with very many routes, within this process: what the program's listeners add is apart. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Pool } from "undici";
import { ConfigMirror } from "../../src/gateway/config-mirror.ts";
import { createGateway } from "../../src/gateway/gateway.ts";
import { startProxyListener } from "../../src/gateway/listener.ts";
import { PLUGINS } from "../../src/gateway/plugins/table.ts";
import { Router } from "../../src/gateway/router.ts";
import type { MatchInput } from "../../src/gateway/routing/predicates.ts";
import { openMemoryConfigStore } from "../../src/gateway/store/memory.ts";
import { createLogger } from "../../src/lib/log.ts";
import { waitFor } from "./wait.ts";

/** Route `number`: half of them exact, half prefixes, a quarter with a host of its own. */
export function routeDocument(number: number, node: string, desc = "") {
  return {
    uri: number % 2 === 0 ? `/service-${number}/hello` : `/service-${number}/*`,
    ...(hasHost(number) ? { host: hostOf(number) } : {}),
    name: `route ${number}`,
    desc,
    methods: ["GET", "POST"],
    upstream: { type: "roundrobin", nodes: { [node]: 1 } },
  };
}

const hasHost = (number: number): boolean => number % 4 === 3;

/** Of a request that route `number` answers. */
export function hostOf(number: number): string {
  return hasHost(number) ? `h${number}.example.com` : "localhost";
}

/** Path of a request that route `number` answers. */
export function pathOf(number: number): string {
  return `/service-${number}/hello`;
}

/** A router with routes 0 up to `count`. */
export async function routerOf(count: number): Promise<Router> {
  const store = await openMemoryConfigStore();
  for (let number = 0; number < count; number += 1) {
    await store.put(`/routes/${number}`, routeDocument(number, "127.0.0.1:80"));
  }
  const mirror = await ConfigMirror.open(store);
  return new Router({ mirror, mode: "radixtree_host_uri", warn: () => undefined });
}

/** Requests spread at random over routes 0 up to `count`. */
export function requestsFor(count: number, total: number): MatchInput[] {
  return Array.from({ length: total }, () => {
    const number = Math.floor(Math.random() * count);
    const host = hostOf(number);
    return {
      method: "GET",
      path: pathOf(number),
      host,
      authority: host,
      remoteAddress: "127.0.0.1",
      lookup: () => undefined,
    };
  });
}

/** Nanoseconds of one match. Throws when one of the requests has no route. */
export function matchNs(router: Router, requests: readonly MatchInput[], rounds: number): number {
  const begin = performance.now();
  for (let round = 0; round < rounds; round += 1) {
    for (const request of requests) {
      if (router.match(request) === undefined) throw new Error(`no route for ${request.path}`);
    }
  }
  return ((performance.now() - begin) * 1e6) / rounds / requests.length;
}

const WARM = 10;
const AT_ONCE = 50;

/**
 * Bytes of heap that `count` routes add, each: as documents and in the tables, and when each has
 * answered a request, with its plugins and upstream made.
 */
export async function routeBytes(
  count: number,
  node: string,
): Promise<{ readonly stored: number; readonly served: number }> {
  const store = await openMemoryConfigStore();
  const log = createLogger({ level: "error", readable: false, write: () => undefined });
  const gateway = await createGateway({ store, plugins: PLUGINS, log });
  const listener = await startProxyListener({ gateway, host: "127.0.0.1", port: 0 });
  const pool = new Pool(`http://127.0.0.1:${listener.port}`, { connections: AT_ONCE });
  const ask = async (number: number): Promise<void> => {
    const headers = { host: hostOf(number) };
    const { statusCode, body } = await pool.request({
      method: "GET",
      path: pathOf(number),
      headers,
    });
    await body.dump();
    if (statusCode !== 200) throw new Error(`route ${number} answered ${statusCode}`);
  };
  const fill = async (from: number, to: number): Promise<void> => {
    for (let number = from; number < to; number += 1) {
      await store.put(`/routes/${number}`, routeDocument(number, node));
    }
    // Changes are handed on in groups: the last one is in force when its route answers.
    const last = String(to - 1);
    await waitFor(() => gateway.mirror.get("routes", last) !== undefined, { timeoutMs: 5000 });
  };
  await fill(0, WARM);
  for (let turn = 0; turn < 300; turn += 1) await ask(turn % WARM);
  const before = heapBytes();
  await fill(WARM, WARM + count);
  const stored = heapBytes() - before;
  for (let number = WARM; number < WARM + count; number += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, at) => ask(number + at)));
  }
  const served = heapBytes() - before;
  await pool.close();
  await listener.close();
  await gateway.stop();
  return { stored: stored / count, served: served / count };
}

/** After full collections. */
function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

/** A gateway with 10 000 routes: what one costs, and what changes cost the traffic. */
import { setTimeout as sleep } from "node:timers/promises";
import { GatewayApi, routed } from "../lib/gateway-api.ts";
import { sampleLoad } from "../lib/load.ts";
import { matchNs, requestsFor, routeBytes, routeDocument, routerOf } from "../lib/many-routes.ts";
import type { Group, Outcome } from "../lib/row.ts";
import { type Server, startGateway, startRaw } from "../lib/server.ts";
import { median, percentile, ratios } from "../lib/stats.ts";
import { type Request, requireWrk, wrk } from "../lib/wrk.ts";

const FEW = 10;
const MANY = 10_000;
const MATCH = "gateway-match";
const MEMORY = "gateway-memory";
const PUT = "gateway-put";
const CHANGES = "gateway-changes";
const SEEN = "gateway-seen";

export const gatewayMatch: Group = {
  rows: [
    {
      id: MATCH,
      about: `finding the route among ${MANY}, against the same requests among ${FEW}`,
      unit: `x ${FEW}`,
      target: { bound: "most", required: 1.3 },
    },
  ],
  async run(_wanted, options) {
    const [few, many] = [await routerOf(FEW), await routerOf(MANY)];
    const requests = requestsFor(FEW, 4096);
    const spread = requestsFor(MANY, 4096);
    const rounds = options.quick ? 20 : 100;
    for (const router of [few, many, few, many]) matchNs(router, requests, rounds);
    const [a, b, c]: [number[], number[], number[]] = [[], [], []];
    for (let turn = 0; turn < 9; turn += 1) {
      a.push(matchNs(few, requests, rounds));
      b.push(matchNs(many, requests, rounds));
      c.push(matchNs(many, spread, rounds));
    }
    const samples = ratios(b, a);
    const ns = (values: readonly number[]): string => `${median(values).toFixed(0)} ns`;
    const note = `${ns(b)} among ${MANY}, ${ns(a)} among ${FEW}; ${ns(c)} spread over all`;
    return [{ id: MATCH, value: median(samples), samples, note }];
  },
};

export const gatewayMemory: Group = {
  rows: [
    {
      id: MEMORY,
      about: `heap that each of ${MANY} routes adds once it has answered a request`,
      unit: "KB",
      target: { bound: "most", required: 5 },
    },
  ],
  async run() {
    const node = await startRaw();
    const { stored, served } = await routeBytes(MANY, `${node.host}:${node.port}`);
    const value = served / 1024;
    const note = `${(stored / 1024).toFixed(1)} KB before its first request`;
    return [{ id: MEMORY, value, samples: [value], note }];
  },
};

const CONNECTIONS = 64;
const PATH = "/hello";
/** Of changes, a second. */
const RATE = 1000;
const TICK_MS = 5;

type Timing = { readonly rounds: number; readonly seconds: number; readonly warmUpS: number };
const FULL: Timing = { rounds: 5, seconds: 4, warmUpS: 4 };
const QUICK: Timing = { rounds: 2, seconds: 1, warmUpS: 1 };

export const gatewayChanges: Group = {
  rows: [
    {
      id: PUT,
      about: `one PUT of a route through the Admin API when there are ${MANY}`,
      unit: "ms",
      target: { bound: "most", required: 20 },
    },
    {
      id: CHANGES,
      about: `requests/s while ${RATE} of ${MANY} routes are written a second, against none`,
      unit: "x quiet",
      target: { bound: "least", required: 0.8 },
    },
    {
      id: SEEN,
      about: "from the answer to such a write until a request meets it, 95th percentile",
      unit: "ms",
      target: { bound: "most", required: 50 },
    },
  ],
  async run(wanted, options) {
    requireWrk();
    const node = await startRaw(1024);
    const address = `${node.host}:${node.port}`;
    const gateway = await startGateway();
    const api = new GatewayApi(gateway, 8);
    options.progress(`writing ${MANY} routes`);
    await fill(api, address);
    await api.put("routes/hello", { uri: PATH, upstream: { nodes: { [address]: 1 } } });
    await routed(gateway, PATH);
    const outcomes = [await measurePut(api, address, options.quick ? 50 : 300)];
    if (wanted.has(CHANGES) || wanted.has(SEEN)) {
      const timing = options.quick ? QUICK : FULL;
      outcomes.push(...(await measureChanges({ gateway, api, address, timing })));
    }
    await api.close();
    return outcomes.filter(({ id }) => wanted.has(id));
  },
};

async function fill(api: GatewayApi, node: string): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < MANY) {
      const number = next++;
      await api.put(`routes/${number}`, routeDocument(number, node));
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

async function measurePut(api: GatewayApi, node: string, turns: number): Promise<Outcome> {
  const samples: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    samples.push(await api.put(`routes/${turn}`, routeDocument(turn, node, `turn ${turn}`)));
  }
  const note = `p99 ${percentile(samples, 99).toFixed(1)} ms`;
  return { id: PUT, value: median(samples), samples, note };
}

type Changing = {
  readonly gateway: Server;
  readonly api: GatewayApi;
  readonly address: string;
  readonly timing: Timing;
};

/** wrk fails the rows when a single request is lost. */
async function measureChanges({ gateway, api, address, timing }: Changing): Promise<Outcome[]> {
  const { rounds, seconds, warmUpS } = timing;
  const request: Request = { url: `${gateway.url}${PATH}`, method: "GET" };
  const take = () => sampleLoad({ server: gateway, request, connections: CONNECTIONS, seconds });
  await wrk(request, CONNECTIONS, warmUpS);
  const quiet: number[] = [];
  const changing: number[] = [];
  const rates: number[] = [];
  const seen: number[] = [];
  const surroundings = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = await take();
    const flood = new Flood(api, address);
    const watch = watchMarker(gateway, () => flood.isOver);
    const during = await take();
    rates.push(await flood.end());
    seen.push(...(await watch));
    quiet.push(before.requestsPerS);
    changing.push(during.requestsPerS);
    surroundings.push(before.surroundings, during.surroundings);
  }
  const samples = ratios(changing, quiet);
  const per = (values: readonly number[]): string => `${median(values).toFixed(0)}/s`;
  const note = `${per(changing)}, quiet ${per(quiet)}, ${per(rates)} changes answered`;
  return [
    { id: CHANGES, value: median(samples), samples, note, surroundings },
    {
      id: SEEN,
      value: percentile(seen, 95),
      samples: seen,
      note: `median ${median(seen).toFixed(1)} ms of ${seen.length} writes`,
    },
  ];
}

/** Writes of routes that arrive at the rate, whatever the gateway does. */
class Flood {
  isOver = false;
  readonly #api: GatewayApi;
  readonly #node: string;
  readonly #begin = performance.now();
  readonly #writes: Promise<number>[] = [];
  readonly #pump: Promise<void>;

  constructor(api: GatewayApi, node: string) {
    this.#api = api;
    this.#node = node;
    this.#pump = this.#run();
  }

  /** Changes answered a second, until the last one was. */
  async end(): Promise<number> {
    this.isOver = true;
    await this.#pump;
    await Promise.all(this.#writes);
    return (this.#writes.length / (performance.now() - this.#begin)) * 1000;
  }

  async #run(): Promise<void> {
    while (!this.isOver) {
      const due = ((performance.now() - this.#begin) * RATE) / 1000;
      while (this.#writes.length < due) this.#write(this.#writes.length);
      await sleep(TICK_MS);
    }
  }

  #write(count: number): void {
    const number = count % MANY;
    const document = routeDocument(number, this.#node, String(count));
    const write = this.#api.put(`routes/${number}`, document);
    // It is awaited at the end.
    write.catch(() => undefined);
    this.#writes.push(write);
  }
}

/** Milliseconds from each answered write of a route until a request is sent that meets it. */
async function watchMarker(gateway: Server, isOver: () => boolean): Promise<number[]> {
  const api = new GatewayApi(gateway);
  const times: number[] = [];
  for (let count = 0; !isOver(); count += 1) {
    const body = `marker ${count}`;
    await api.put("routes/marker", { uri: "/marker", plugins: { echo: { body } } });
    const answered = performance.now();
    for (;;) {
      const asked = performance.now();
      const answer = await fetch(`${gateway.url}/marker`);
      if ((await answer.text()) === body) {
        times.push(asked - answered);
        break;
      }
    }
  }
  await api.close();
  return times;
}

/** A gateway with 10 000 routes: what one costs, and what changes cost the traffic. */
import { Flood } from "../lib/flood.ts";
import { GatewayApi, routed } from "../lib/gateway-api.ts";
import { type LoadSample, sampleLoad } from "../lib/load.ts";
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
    await api.close();
    const changing = { gateway, address, timing: options.quick ? QUICK : FULL };
    if (wanted.has(CHANGES)) outcomes.push(await measureChanges(changing));
    if (wanted.has(SEEN)) outcomes.push(await measureSeen(changing));
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
  readonly address: string;
  readonly timing: Timing;
};

/** wrk fails the rows when a single request is lost. */
async function measureChanges({ gateway, address, timing }: Changing): Promise<Outcome> {
  const { rounds, seconds, warmUpS } = timing;
  const request = requestTo(gateway);
  const take = () => sampleLoad({ server: gateway, request, connections: CONNECTIONS, seconds });
  await wrk(request, CONNECTIONS, warmUpS);
  const quiet: LoadSample[] = [];
  const changing: LoadSample[] = [];
  const rates: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    quiet.push(await take());
    const flood = await startFlood(gateway, address);
    changing.push(await take());
    rates.push(await flood.end());
  }
  const requests = (samples: readonly LoadSample[]): number[] =>
    samples.map(({ requestsPerS }) => requestsPerS);
  const samples = ratios(requests(changing), requests(quiet));
  const per = (values: readonly number[]): string => `${median(values).toFixed(0)}/s`;
  return {
    id: CHANGES,
    value: median(samples),
    samples,
    note: `${per(requests(changing))}, quiet ${per(requests(quiet))}, ${per(rates)} changes answered`,
    surroundings: [...quiet, ...changing].map(({ surroundings }) => surroundings),
  };
}

/** With the same traffic and changes, but not in the same rounds: it asks without a pause. */
async function measureSeen({ gateway, address, timing }: Changing): Promise<Outcome> {
  const flood = await startFlood(gateway, address);
  const watch = watchMarker(gateway, () => flood.isOver);
  await wrk(requestTo(gateway), CONNECTIONS, timing.rounds * timing.seconds);
  await flood.end();
  const seen = await watch;
  return {
    id: SEEN,
    value: percentile(seen, 95),
    samples: seen,
    note: `median ${median(seen).toFixed(1)} ms of ${seen.length} writes`,
  };
}

function requestTo(gateway: Server): Request {
  return { url: `${gateway.url}${PATH}`, method: "GET" };
}

function startFlood(gateway: Server, address: string): Promise<Flood> {
  const write = (count: number) => ({
    path: `routes/${count % MANY}`,
    document: routeDocument(count % MANY, address, String(count)),
  });
  return Flood.start({ gateway, rate: RATE, connections: 8, write });
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

/** Blocking invocations of a warm action, taken in turn with raw `node:http`. */
import { Api, AUTHORIZATION, BODY, invokePath } from "../lib/api.ts";
import { type LoadSample, sampleLoad } from "../lib/load.ts";
import { quietest } from "../lib/quiet.ts";
import type { BenchOptions, Group, Outcome, RowSpec } from "../lib/row.ts";
import { type Server, startProduct, startRaw } from "../lib/server.ts";
import { median, ratios } from "../lib/stats.ts";
import { type Request, requireWrk, wrk } from "../lib/wrk.ts";

const CONNECTIONS = 64;
/** Every record of a run is counted at its end, so none may be retired for lack of space before. */
const ARGS = ["--activations-retention-bytes", String(2 ** 40)];

const ROWS = {
  throughput: {
    id: "invoke-c64-k64",
    about: "warm blocking invokes/s, 64 connections, action concurrency 64, against raw requests/s",
    unit: "x raw",
    target: { bound: "least", required: 0.4, stretch: 0.55 },
  },
  cpu: {
    id: "invoke-cpu",
    about: "CPU of the whole process tree for one such invoke, against one raw request",
    unit: "x raw",
    target: { bound: "most", required: 3.2, stretch: 2.5 },
  },
  p99: {
    id: "invoke-p99",
    about: "99th percentile of their latency, against raw",
    unit: "x raw",
    target: { bound: "most", required: 4, stretch: 2 },
  },
  single: {
    id: "invoke-c64-k1",
    about: "warm blocking invokes/s, 64 connections, action concurrency 1, against raw requests/s",
    unit: "x raw",
    target: { bound: "least", required: 0.22, stretch: 0.4 },
  },
  latency: {
    id: "invoke-c1-p50",
    about: "median latency of a warm blocking invoke on one connection, against raw",
    unit: "x raw",
    target: { bound: "most", required: 2.8, stretch: 2.2 },
  },
} as const satisfies Record<string, RowSpec>;

/** One set-up: which action, at how many connections, and the rows that read it. */
type Case = {
  readonly action: string;
  readonly concurrency: number;
  readonly connections: number;
  readonly rows: readonly { readonly spec: RowSpec; readonly read: (pairs: Pairs) => Reading }[];
};
type Pairs = { readonly raw: readonly LoadSample[]; readonly product: readonly LoadSample[] };
type Reading = { readonly samples: readonly number[]; readonly note: string };

const CASES: readonly Case[] = [
  {
    action: "bench-k64",
    concurrency: 64,
    connections: CONNECTIONS,
    rows: [
      { spec: ROWS.throughput, read: compare("requestsPerS", "/s", 0) },
      { spec: ROWS.cpu, read: compareCpu },
      { spec: ROWS.p99, read: compare("p99Ms", " ms", 2) },
    ],
  },
  {
    action: "bench-k1",
    concurrency: 1,
    connections: CONNECTIONS,
    rows: [{ spec: ROWS.single, read: compare("requestsPerS", "/s", 0) }],
  },
  {
    action: "bench-c1",
    concurrency: 1,
    connections: 1,
    rows: [{ spec: ROWS.latency, read: compare("p50Ms", " ms", 3) }],
  },
];

/** Reads one figure of every pair as the ratio product ÷ raw, with both medians as the note. */
function compare(
  figure: "requestsPerS" | "cpuUs" | "p50Ms" | "p99Ms",
  unit: string,
  digits: number,
): (pairs: Pairs) => Reading {
  return (pairs) => {
    const raw = pairs.raw.map((sample) => sample[figure]);
    const product = pairs.product.map((sample) => sample[figure]);
    const text = (values: readonly number[]): string => `${median(values).toFixed(digits)}${unit}`;
    return { samples: ratios(product, raw), note: `${text(product)}, raw ${text(raw)}` };
  };
}

/** The same for CPU time, with the share of the serving process itself. */
function compareCpu(pairs: Pairs): Reading {
  const { samples, note } = compare("cpuUs", " µs", 1)(pairs);
  const serverUs = median(pairs.product.map((sample) => sample.serverCpuUs));
  return { samples, note: `${note}; ${serverUs.toFixed(1)} µs in the serving process` };
}

type Timing = { readonly rounds: number; readonly seconds: number; readonly warmUpS: number };
const FULL: Timing = { rounds: 5, seconds: 5, warmUpS: 3 };
const QUICK: Timing = { rounds: 2, seconds: 1, warmUpS: 1 };

async function measure(
  test: Case,
  servers: { readonly raw: Server; readonly product: Server },
  options: BenchOptions,
): Promise<Pairs> {
  const { rounds, seconds, warmUpS } = options.quick ? QUICK : FULL;
  const { action, concurrency, connections } = test;
  const path = invokePath(action);
  const invoke: Request = {
    url: `${servers.product.url}${path}`,
    method: "POST",
    authorization: AUTHORIZATION,
    body: BODY,
  };
  const plain: Request = { url: `${servers.raw.url}/`, method: "GET" };
  const api = new Api(servers.product);
  await api.createAction(action, { concurrency });
  await api.invoke(action);
  // Every request sent counts, those of discarded samples included.
  let completed = 1;
  let runs = 0;
  const counted = <T extends { readonly requests: number }>(load: T): T => {
    completed += load.requests;
    runs += 1;
    return load;
  };
  const warmUps = [plain, invoke].map((request) => wrk(request, connections, warmUpS));
  const [, warmUp] = await Promise.all(warmUps);
  if (warmUp !== undefined) counted(warmUp);
  const common = { connections, seconds };
  const takeRaw = () => sampleLoad({ ...common, server: servers.raw, request: plain });
  const takeProduct = async () =>
    counted(await sampleLoad({ ...common, server: servers.product, request: invoke }));
  const patience = { patient: !options.quick };
  const raw: LoadSample[] = [];
  const product: LoadSample[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    options.progress(`${action} at ${connections} connections, round ${round} of ${rounds}`);
    raw.push(await quietest(takeRaw, patience));
    product.push(await quietest(takeProduct, patience));
  }
  await api.checkActivations(action, { completed, inFlightMax: runs * connections });
  await api.close();
  return { raw, product };
}

function outcomesOf(test: Case, pairs: Pairs, wanted: ReadonlySet<string>): Outcome[] {
  const surroundings = [...pairs.raw, ...pairs.product].map((sample) => sample.surroundings);
  return test.rows
    .filter(({ spec }) => wanted.has(spec.id))
    .map(({ spec, read }) => {
      const { samples, note } = read(pairs);
      return { id: spec.id, value: median(samples), samples, note, surroundings };
    });
}

/** One group for each set-up, each with fresh servers. */
export const warmInvoke: readonly Group[] = CASES.map((test) => ({
  rows: test.rows.map(({ spec }) => spec),
  async run(wanted, options) {
    requireWrk();
    const raw = await startRaw();
    const product = await startProduct({ args: ARGS });
    return outcomesOf(test, await measure(test, { raw, product }, options), wanted);
  },
}));

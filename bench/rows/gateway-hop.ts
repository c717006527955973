/** Requests through the gateway to a local server, taken in turn with nginx before the same one. */
import { GatewayApi, routed } from "../lib/gateway-api.ts";
import { type LoadSample, sampleLoad } from "../lib/load.ts";
import { requireNginx, startNginx } from "../lib/nginx.ts";
import { quietest } from "../lib/quiet.ts";
import type { Group, Outcome } from "../lib/row.ts";
import { type Server, startGateway, startRaw } from "../lib/server.ts";
import { median, ratios } from "../lib/stats.ts";
import { type Request, requireWrk, wrk } from "../lib/wrk.ts";

const CONNECTIONS = 64;
/** Of the answer's body. */
const BYTES = 1024;
const PATH = "/hello";
const THROUGHPUT = "gateway-hop";
const P99 = "gateway-hop-p99";

type Timing = { readonly rounds: number; readonly seconds: number; readonly warmUpS: number };
const FULL: Timing = { rounds: 5, seconds: 5, warmUpS: 3 };
const QUICK: Timing = { rounds: 2, seconds: 1, warmUpS: 1 };

type Side = { readonly server: Server; readonly samples: LoadSample[] };

export const gatewayHop: Group = {
  rows: [
    {
      id: THROUGHPUT,
      about: "requests/s through the gateway, 64 connections, against nginx with one worker",
      unit: "x nginx",
      target: { bound: "least", required: 0.6, stretch: 0.75 },
    },
    {
      id: P99,
      about: "99th percentile of their latency, against nginx",
      unit: "x nginx",
      target: { bound: "most", required: 2 },
    },
  ],
  async run(wanted, options) {
    requireWrk();
    requireNginx();
    const node = await startRaw(BYTES);
    const address = `${node.host}:${node.port}`;
    const sides: readonly [Side, Side] = [
      { server: await startGateway(), samples: [] },
      { server: await startNginx(address), samples: [] },
    ];
    await addRoute(sides[0].server, address);
    const { rounds, seconds, warmUpS } = options.quick ? QUICK : FULL;
    await Promise.all(sides.map(({ server }) => wrk(requestOf(server), CONNECTIONS, warmUpS)));
    for (let round = 1; round <= rounds; round += 1) {
      options.progress(`gateway and nginx, round ${round} of ${rounds}`);
      for (const { server, samples } of sides) {
        const plan = { server, request: requestOf(server), connections: CONNECTIONS, seconds };
        samples.push(await quietest(() => sampleLoad(plan), { patient: !options.quick }));
      }
    }
    const [ours, theirs] = sides.map(({ samples }) => samples);
    return outcomes(ours ?? [], theirs ?? []).filter(({ id }) => wanted.has(id));
  },
};

function requestOf(server: Server): Request {
  return { url: `${server.url}${PATH}`, method: "GET" };
}

async function addRoute(gateway: Server, node: string): Promise<void> {
  const api = new GatewayApi(gateway);
  await api.put("routes/hello", { uri: PATH, upstream: { nodes: { [node]: 1 } } });
  await api.close();
  await routed(gateway, PATH);
}

function outcomes(ours: readonly LoadSample[], theirs: readonly LoadSample[]): Outcome[] {
  const surroundings = [...ours, ...theirs].map((sample) => sample.surroundings);
  const read = (figure: "requestsPerS" | "p99Ms" | "cpuUs", digits: number, unit: string) => {
    const [a, b] = [ours, theirs].map((side) => side.map((sample) => sample[figure]));
    const text = (values: readonly number[]) => `${median(values).toFixed(digits)}${unit}`;
    return { samples: ratios(a ?? [], b ?? []), note: `${text(a ?? [])}, nginx ${text(b ?? [])}` };
  };
  const throughput = read("requestsPerS", 0, "/s");
  const p99 = read("p99Ms", 2, " ms");
  const cpu = read("cpuUs", 1, " µs");
  return [
    {
      id: THROUGHPUT,
      value: median(throughput.samples),
      samples: throughput.samples,
      note: `${throughput.note}; CPU of one: ${cpu.note}`,
      surroundings,
    },
    { id: P99, value: median(p99.samples), ...p99, surroundings },
  ];
}

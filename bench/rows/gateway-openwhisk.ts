/** A route whose plugin `openwhisk` names an action of the same program, beside the action's API. */
import { join } from "node:path";
import { Api, AUTHORIZATION, BODY, invokePath, REPLY } from "../lib/api.ts";
import { tempFolder } from "../lib/children.ts";
import { freePorts } from "../lib/free-port.ts";
import { ADMIN_KEY } from "../lib/gateway-api.ts";
import { type LoadSample, sampleLoad } from "../lib/load.ts";
import { quietest } from "../lib/quiet.ts";
import type { BenchOptions, Group, RowSpec } from "../lib/row.ts";
import { type Server, startProduct } from "../lib/server.ts";
import { median, ratios } from "../lib/stats.ts";
import { waitFor } from "../lib/wait.ts";
import { type Request, requireWrk, wrk } from "../lib/wrk.ts";

const ROW: RowSpec = {
  id: "gateway-openwhisk",
  about: "route /hello with the openwhisk plugin to a local warm action, against the action's API",
  unit: "x API",
  target: { bound: "least", required: 0.9 },
};
const CONNECTIONS = 64;
const ACTION = "bench-route";

type Timing = { readonly rounds: number; readonly seconds: number; readonly warmUpS: number };
const FULL: Timing = { rounds: 5, seconds: 5, warmUpS: 3 };
const QUICK: Timing = { rounds: 2, seconds: 1, warmUpS: 1 };

type Product = { readonly server: Server; readonly gateway: string; readonly admin: string };

async function start(): Promise<Product> {
  const [gateway = 0, admin = 0] = await freePorts(2);
  const dataFolder = tempFolder();
  const off = ["tls-", "control-", "prometheus-"].flatMap((name) => [`--gateway-${name}port`, "0"]);
  const server = await startProduct({
    dataFolder,
    args: [
      ...["--activations-retention-bytes", String(2 ** 40)],
      ...["--gateway-port", String(gateway), "--gateway-admin-port", String(admin)],
      ...off,
      ...["--gateway-conf-file", join(dataFolder, "conf", "config.yaml")],
    ],
  });
  const on = (port: number): string => `http://127.0.0.1:${port}`;
  return { server, gateway: on(gateway), admin: on(admin) };
}

/** Puts the route; resolves when it answers with the action's result. */
async function openRoute({ server, gateway, admin }: Product): Promise<void> {
  const openwhisk = {
    api_host: server.url,
    service_token: atob(AUTHORIZATION.slice("Basic ".length)),
    namespace: "guest",
    action: ACTION,
  };
  const put = async (): Promise<boolean> => {
    const reply = await fetch(`${admin}/apisix/admin/routes/1`, {
      method: "PUT",
      headers: { "x-api-key": ADMIN_KEY },
      body: JSON.stringify({ uri: "/hello", plugins: { openwhisk } }),
    });
    await reply.text();
    return reply.ok;
  };
  // The API listens a moment before the gateway does.
  await waitFor(() => put().catch(() => false), { timeoutMs: 10_000, everyMs: 50 });
  const answers = async (): Promise<boolean> => {
    const reply = await fetch(`${gateway}/hello`, { method: "POST", body: BODY });
    return (await reply.text()) === REPLY;
  };
  await waitFor(answers, { timeoutMs: 10_000, everyMs: 50 });
}

async function measure(
  { server, gateway }: Product,
  options: BenchOptions,
): Promise<{ readonly route: readonly LoadSample[]; readonly api: readonly LoadSample[] }> {
  const { rounds, seconds, warmUpS } = options.quick ? QUICK : FULL;
  const call = { method: "POST", authorization: AUTHORIZATION, body: BODY } as const;
  const direct: Request = { ...call, url: `${server.url}${invokePath(ACTION)}` };
  const routed: Request = { ...call, url: `${gateway}/hello` };
  for (const request of [direct, routed]) await wrk(request, CONNECTIONS, warmUpS);
  const take = (request: Request) =>
    quietest(() => sampleLoad({ server, connections: CONNECTIONS, seconds, request }), {
      patient: !options.quick,
    });
  const route: LoadSample[] = [];
  const api: LoadSample[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    options.progress(`/hello at ${CONNECTIONS} connections, round ${round} of ${rounds}`);
    api.push(await take(direct));
    route.push(await take(routed));
  }
  return { route, api };
}

export const gatewayOpenwhisk: Group = {
  rows: [ROW],
  async run(_wanted, options) {
    requireWrk();
    const product = await start();
    const client = new Api(product.server);
    await client.createAction(ACTION, { concurrency: CONNECTIONS });
    await client.invoke(ACTION);
    await client.close();
    await openRoute(product);
    const { route, api } = await measure(product, options);
    const rates = (samples: readonly LoadSample[]): number[] =>
      samples.map(({ requestsPerS }) => requestsPerS);
    const samples = ratios(rates(route), rates(api));
    const text = (of: readonly LoadSample[]): string =>
      `${median(rates(of)).toFixed(0)}/s, ${median(of.map(({ cpuUs }) => cpuUs)).toFixed(1)} µs CPU`;
    const note = `${text(route)}; API ${text(api)}`;
    const surroundings = [...route, ...api].map((sample) => sample.surroundings);
    return [{ id: ROW.id, value: median(samples), samples, note, surroundings }];
  },
};

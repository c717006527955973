/** Latency at half of the capacity, with requests that arrive at a fixed rate. */
import { Api, AUTHORIZATION, BODY, invokePath } from "../lib/api.ts";
import { atFixedRate } from "../lib/arrivals.ts";
import { watchSurroundings } from "../lib/proc.ts";
import type { Group } from "../lib/row.ts";
import { startProduct, startRaw } from "../lib/server.ts";
import { percentile } from "../lib/stats.ts";
import { type Request, requireWrk, wrk } from "../lib/wrk.ts";

const ID = "invoke-half-load-p99";
const ACTION = "bench-half-load";
const CONNECTIONS = 64;

export const fixedRate: Group = {
  rows: [
    {
      id: ID,
      about: "99th percentile latency of warm invokes arriving at half of the measured capacity",
      unit: "ms",
    },
  ],
  async run(_wanted, options) {
    requireWrk();
    const seconds = options.quick ? 1 : 10;
    const [raw, product] = [await startRaw(), await startProduct()];
    const api = new Api(product);
    await api.createAction(ACTION, { concurrency: CONNECTIONS });
    const invoke: Request = {
      url: `${product.url}${invokePath(ACTION)}`,
      method: "POST",
      authorization: AUTHORIZATION,
      body: BODY,
    };
    const plain: Request = { url: `${raw.url}/`, method: "GET" };
    const warmUp = options.quick ? undefined : await wrk(invoke, CONNECTIONS, 2);
    const capacity = await wrk(invoke, CONNECTIONS, options.quick ? 1 : 3);
    const rate = Math.round(capacity.requestsPerS / 2);
    // The raw server has to get warm, and the tool itself.
    if (!options.quick) await atFixedRate(plain, rate, 2);
    options.progress(`${rate} requests a second for ${seconds} s, raw and invoke`);
    const rawMs = await atFixedRate(plain, rate, seconds);
    const surroundings = watchSurroundings();
    const productMs = await atFixedRate(invoke, rate, seconds);
    const seen = surroundings();
    await api.checkActivations(ACTION, {
      completed: (warmUp?.requests ?? 0) + capacity.requests + productMs.length,
      inFlightMax: 2 * CONNECTIONS,
    });
    await api.close();
    const p99 = percentile(productMs, 99);
    const text = (values: readonly number[]): string =>
      `p50 ${percentile(values, 50).toFixed(2)} p99 ${percentile(values, 99).toFixed(2)} ms`;
    const note = `${rate}/s: ${text(productMs)}, raw ${text(rawMs)}`;
    return [{ id: ID, value: p99, samples: [p99], note, surroundings: [seen] }];
  },
};

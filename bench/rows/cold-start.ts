/** First invocations of new actions, in turn with bare spawns of the launcher that runs them. */
import { Api } from "../lib/api.ts";
import { functionCommand, pidsOf, settledCpu } from "../lib/functions.ts";
import { bareSpawn } from "../lib/launcher.ts";
import { watchSurroundings } from "../lib/proc.ts";
import type { BenchOptions, Group, Outcome, RowSpec } from "../lib/row.ts";
import { type Server, startProduct } from "../lib/server.ts";
import { median, ratios } from "../lib/stats.ts";
import { waitFor } from "../lib/wait.ts";

const ROUNDS = { full: 40, quick: 20 } as const;
const WARM_UP_ROUNDS = 3;
/** Room for all functions of a run, so that none is evicted; an account, not an allocation. */
const POOL = ["--pool-memory-mb", "16384"];
const REFILL_MAX_MS = 5000;

const COLD: RowSpec = {
  id: "cold",
  about:
    "first blocking invoke of a new action without prewarmed processes, against a bare spawn, init and run of the same launcher",
  unit: "x spawn",
  target: { bound: "most", required: 1.25 },
};
const PREWARMED: RowSpec = {
  id: "prewarmed",
  about:
    "first blocking invoke of a new action with a prewarmed process, against the same bare spawn",
  unit: "x spawn",
  target: { bound: "most", required: 0.1 },
};

type Settle = (server: Server, processesBefore: number) => Promise<void>;

/** Alternates a new action's first invoke with a bare spawn; the ratio of each pair is a sample. */
async function alternate(
  id: string,
  args: readonly string[],
  settle: Settle,
  options: BenchOptions,
): Promise<Outcome> {
  const server = await startProduct({ args: [...POOL, ...args] });
  const api = new Api(server);
  const product: number[] = [];
  const bare: number[] = [];
  const rounds = options.quick ? ROUNDS.quick : ROUNDS.full;
  options.progress(`${id}: ${rounds} new actions and as many bare spawns`);
  await settle(server, 0);
  const surroundings = watchSurroundings();
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
    const action = `bench-${id}-${round + WARM_UP_ROUNDS}`;
    await api.createAction(action);
    const processes = pidsOf(server).length;
    const invokeMs = await api.invoke(action);
    await settle(server, processes);
    const spawnMs = await bareSpawn(functionCommand(pidsOf(server)));
    if (round < 0) continue;
    product.push(invokeMs);
    bare.push(spawnMs);
  }
  const seen = surroundings();
  await api.close();
  const samples = ratios(product, bare);
  const text = (values: readonly number[]): string =>
    `${median(values).toFixed(2)} (max ${Math.max(...values).toFixed(1)}) ms`;
  const note = `${text(product)}, bare ${text(bare)}`;
  return { id, value: median(samples), samples, note, surroundings: [seen] };
}

const quiet: Settle = async (server) => {
  await settledCpu(server.pid);
};

/** Until the process that was taken has been replaced, and its start no longer takes CPU. */
const refilled: Settle = async (server, processesBefore) => {
  const more = (): boolean => pidsOf(server).length > Math.max(1, processesBefore);
  if (!(await waitFor(more, { timeoutMs: REFILL_MAX_MS }))) {
    throw new Error("no process was started ahead of demand");
  }
  await settledCpu(server.pid);
};

export const coldStart: readonly Group[] = [
  {
    rows: [COLD],
    run: async (_wanted, options) => [
      await alternate(COLD.id, ["--pool-prewarm="], quiet, options),
    ],
  },
  {
    rows: [PREWARMED],
    run: async (_wanted, options) => [
      await alternate(PREWARMED.id, ["--pool-prewarm", "nodejs:default:2:256"], refilled, options),
    ],
  },
];

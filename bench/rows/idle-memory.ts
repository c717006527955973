/** Memory of an idle warm function, its sandbox included, against an idle process of its Node.js. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Api } from "../lib/api.ts";
import { start, stop } from "../lib/children.ts";
import { functionCommand, pidsOf, settledCpu } from "../lib/functions.ts";
import { pssKb } from "../lib/proc.ts";
import type { Group } from "../lib/row.ts";
import { type Server, startProduct } from "../lib/server.ts";

const ID = "idle-memory";
/** Pages shared between copies count once for all: the number of copies is part of the method. */
const COPIES = 20;
/** What runs right after start or after a reply has ended by then. */
const IDLE_MS = 1000;
const IDLE_SCRIPT = join(import.meta.dirname, "..", "lib", "idle.cjs");
/** Room for all copies at the smallest memory limit; it is an account, not an allocation. */
const ARGS = ["--pool-prewarm=", "--pool-memory-mb", "8192"];
const MEMORY_MB = 128;

/** PSS in KiB for each of `COPIES` bare processes that wait and do nothing. */
export async function barePssKb(interpreter: string): Promise<number> {
  const copies = Array.from({ length: COPIES }, () =>
    start(interpreter, [IDLE_SCRIPT], { stdio: "ignore", leash: true }),
  );
  await sleep(IDLE_MS);
  const kb = pssKb(copies.map((copy) => copy.pid ?? -1)) / COPIES;
  await Promise.all(copies.map(stop));
  return kb;
}

/** Processes that `COPIES` warm functions added to the server's tree. */
async function warmFunctions(server: Server, before: ReadonlySet<number>): Promise<number[]> {
  const api = new Api(server);
  for (let copy = 1; copy <= COPIES; copy += 1) {
    const action = `bench-idle-${copy}`;
    await api.createAction(action, { memory: MEMORY_MB });
    await api.invoke(action);
  }
  await api.close();
  await sleep(IDLE_MS);
  return pidsOf(server).filter((pid) => !before.has(pid));
}

export const idleMemory: Group = {
  rows: [
    {
      id: ID,
      about: `PSS of an idle warm Node.js function with its sandbox, over ${COPIES} copies, against a bare idle process of the same Node.js`,
      unit: "x bare",
      target: { bound: "most", required: 1.15 },
    },
  ],
  async run(_wanted, options) {
    options.progress(`${COPIES} idle functions`);
    // Both are measured beside the same server: what shares its pages does so in both cases.
    const server = await startProduct({ args: ARGS });
    await settledCpu(server.pid);
    const before = new Set(pidsOf(server));
    const functions = await warmFunctions(server, before);
    const { interpreter } = functionCommand(functions);
    const productKb = pssKb(functions) / COPIES;
    await server.stop();

    const beside = await startProduct({ args: ARGS });
    await settledCpu(beside.pid);
    options.progress(`${COPIES} idle processes of ${interpreter}`);
    const bareKb = await barePssKb(interpreter);
    const mb = (kb: number): string => (kb / 1024).toFixed(2);
    const count = (functions.length / COPIES).toFixed(1);
    const note = `${mb(productKb)} MB in ${count} processes each, bare ${mb(bareKb)} MB`;
    const value = productKb / bareKb;
    return [{ id: ID, value, samples: [value], note }];
  },
};

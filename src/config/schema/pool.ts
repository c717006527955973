/** The function processes, and the queue before them. */
import type { DefaultContext, Prewarm, Setting } from "../setting.ts";
import { GIB, INT32, MIB, MINUTE, SECOND } from "./units.ts";

/** As many waiting processes as leave most of a small pool to real work. */
function defaultPrewarm(context: DefaultContext): readonly Prewarm[] {
  const poolMb = context.number("pool.memory_mb");
  const nodes = poolMb >= 2048 ? 2 : poolMb >= 1024 ? 1 : 0;
  const pythons = poolMb >= 2048 ? 1 : 0;
  return [
    { kind: "nodejs:default", count: nodes, memoryMb: 256 },
    { kind: "python:default", count: pythons, memoryMb: 256 },
  ].filter((row) => row.count > 0);
}

export const POOL = [
  {
    key: "pool.memory_mb",
    type: "int",
    unit: "MB",
    min: 256,
    max: 16 * MIB,
    default: {
      compute: (context) => Math.max(256, Math.floor(context.machineMemoryMb / 2)),
      text: "half of the machine's memory, at least 256",
    },
    doc:
      "Memory shared out among function processes, each counted with its action's memory limit. " +
      "When it is used up, idle processes make room; if all are busy, activations queue.",
    reason: "Leaves the other half to the server, the page cache and the user's programs.",
  },
  {
    key: "pool.idle_timeout_ms",
    type: "int",
    unit: "ms",
    min: 1,
    max: INT32,
    default: { value: 10 * MINUTE },
    doc: "An idle process is kept this long for the next activation of its action.",
    reason: "The original's.",
  },
  {
    key: "pool.prewarm",
    type: "prewarm",
    default: {
      compute: defaultPrewarm,
      text: "`nodejs:default:2:256,python:default:1:256`, less when the pool is below 2048 MB",
    },
    doc:
      "Processes started ahead of demand, as `kind:count:memory` (memory in MB) joined by commas, " +
      "or a list of those in the file; an empty value starts none. They serve a first invocation " +
      "of any action of that kind and memory.",
    reason: "The original's two for Node.js, and one for Python; each costs some 10 MB while idle.",
  },
  {
    key: "queue.length_max",
    type: "int",
    min: 1,
    max: 10_000_000,
    default: { value: 10_000 },
    doc: "Activations in flight, running ones included; further ones are answered with 503.",
    reason: "The original's queue size.",
  },
  {
    key: "queue.bytes_max",
    type: "int",
    unit: "bytes",
    min: 1 * MIB,
    max: 64 * GIB,
    default: { value: 128 * MIB },
    doc: "Arguments of all activations in flight together; further ones are answered with 503.",
    reason: "A full queue of large arguments must not use up the server's memory.",
  },
  {
    key: "queue.wait_max_ms",
    type: "int",
    unit: "ms",
    min: 1,
    max: INT32,
    default: { value: 60 * SECOND },
    doc: "Longest wait for a process; then the activation is recorded as a whisk internal error.",
    reason: "The original's; nobody waits for a blocking answer longer than that either.",
  },
] as const satisfies readonly Setting[];

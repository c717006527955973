/** What an action may be and ask for, what goes into it and comes out of it. */
import type { Setting } from "../setting.ts";
import { GIB, INT32, KIB, MIB, MINUTE, SECOND } from "./units.ts";

const LENGTH = { type: "int", unit: "bytes", min: 1 * KIB, max: 1 * GIB } as const;
const TIME = { type: "int", unit: "ms", min: 1, max: INT32 } as const;
const MEMORY = { type: "int", unit: "MB", min: 16, max: 16 * MIB } as const;
const LOGS = { type: "int", unit: "MB", min: 0, max: 1024 } as const;
const CONCURRENCY = { type: "int", min: 1, max: 10_000 } as const;

export const ACTION = [
  {
    key: "action.code_bytes_max",
    ...LENGTH,
    default: { value: 48 * MIB },
    doc: "Longest code of an action as sent (base64 counts as sent); more is answered with 413.",
    reason: "The original's.",
  },
  {
    key: "action.parameters_bytes_max",
    ...LENGTH,
    default: { value: 1 * MIB },
    doc: "Parameters of an entity, and its annotations; more is answered with 413.",
    reason: "The original's.",
  },
  {
    key: "action.timeout.min_ms",
    ...TIME,
    default: { value: 100 },
    doc: "Shortest `limits.timeout` that an action may ask for.",
    reason: "The original's.",
  },
  {
    key: "action.timeout.default_ms",
    ...TIME,
    default: { value: 60 * SECOND },
    doc: "`limits.timeout` of an action that does not ask.",
    reason: "The original's.",
  },
  {
    key: "action.timeout.max_ms",
    ...TIME,
    default: { value: 5 * MINUTE },
    doc: "Longest `limits.timeout` that an action may ask for.",
    reason:
      "The original's in both modes: a running activation holds its memory and delays a stop, " +
      "and what is deployed here should deploy there.",
  },
  {
    key: "action.memory.min_mb",
    ...MEMORY,
    default: { value: 128 },
    doc: "Least `limits.memory` that an action may ask for.",
    reason: "The original's.",
  },
  {
    key: "action.memory.default_mb",
    ...MEMORY,
    default: { value: 256 },
    doc: "`limits.memory` of an action that does not ask.",
    reason: "The original's.",
  },
  {
    key: "action.memory.max_mb",
    ...MEMORY,
    default: {
      compute: (context) => {
        const poolMb = context.number("pool.memory_mb");
        return context.limits === "original" ? Math.min(512, poolMb) : poolMb;
      },
      text: "`pool.memory_mb`; with `--limits original` 512, or the pool's if that is less",
    },
    doc: "Most `limits.memory` that an action may ask for.",
    reason: "The pool guards the machine, so an action may have as much of it as its owner wants.",
  },
  {
    key: "action.logs.min_mb",
    ...LOGS,
    default: { value: 0 },
    doc: "Least `limits.logs` that an action may ask for; 0 keeps no logs.",
    reason: "The original's.",
  },
  {
    key: "action.logs.default_mb",
    ...LOGS,
    default: { value: 10 },
    doc: "`limits.logs` of an action that does not ask.",
    reason: "The original's.",
  },
  {
    key: "action.logs.max_mb",
    ...LOGS,
    default: { value: 10 },
    doc: "Most `limits.logs` that an action may ask for; the rest of a longer log is cut off.",
    reason: "The original's.",
  },
  {
    key: "action.concurrency.min",
    ...CONCURRENCY,
    default: { value: 1 },
    doc: "Least `limits.concurrency` that an action may ask for.",
    reason: "The original's.",
  },
  {
    key: "action.concurrency.default",
    ...CONCURRENCY,
    default: { value: 1 },
    doc: "`limits.concurrency` of an action that does not ask.",
    reason: "The original's; code must be written for more than one at a time.",
  },
  {
    key: "action.concurrency.max",
    ...CONCURRENCY,
    default: { open: 500, original: 1 },
    doc:
      "Most `limits.concurrency` that an action may ask for: activations that one process runs " +
      "at once, in languages that can.",
    reason: "Lets one process serve many waiting calls, which saves memory and time.",
  },
  {
    key: "payload.bytes_max",
    ...LENGTH,
    default: { value: 1 * MIB },
    doc: "Longest arguments of an invocation; longer ones are answered with 413.",
    reason: "The original's.",
  },
  {
    key: "web.stream_bytes_max",
    type: "int",
    unit: "bytes",
    min: 1 * KIB,
    max: 1024 * GIB,
    default: { value: 256 * MIB },
    doc:
      "Longest stream of a web action (annotation `web-stream`); a longer one is cut. How long it " +
      "may last is the action's own time limit.",
    reason: "Leaves room for large downloads, and ends what never ends.",
  },
  {
    key: "response.bytes_max",
    ...LENGTH,
    default: { value: 1 * MIB },
    doc: "Longest result of an action; a longer one makes the activation an application error.",
    reason: "The original's.",
  },
  {
    key: "response.truncation_bytes",
    type: "int",
    unit: "bytes",
    min: 0,
    max: 1 * GIB,
    default: { value: 1 * MIB },
    doc: "How much of a too long result the error text quotes.",
    reason: "The original's.",
  },
] as const satisfies readonly Setting[];

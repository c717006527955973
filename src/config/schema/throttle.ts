/** How much a namespace may do. */
import type { Setting } from "../setting.ts";

const COUNT = { type: "int", min: 0, max: 1_000_000_000, words: ["off"] } as const;

export const THROTTLE = [
  {
    key: "throttle.invocations_per_minute",
    ...COUNT,
    unit: "per minute",
    default: { open: "off", original: 60 },
    doc: "Invocations of a namespace in a minute of the clock; more are answered with 429.",
    reason: "One user's own machine needs no fairness among tenants.",
  },
  {
    key: "throttle.fires_per_minute",
    ...COUNT,
    unit: "per minute",
    default: { open: "off", original: 60 },
    doc: "Trigger fires of a namespace in a minute of the clock; more are answered with 429.",
    reason: "One user's own machine needs no fairness among tenants.",
  },
  {
    key: "throttle.concurrent",
    ...COUNT,
    default: { open: "off", original: 30 },
    doc: "Activations of a namespace in flight at once; more are answered with 429.",
    reason: "The pool and the queue bound them already.",
  },
] as const satisfies readonly Setting[];

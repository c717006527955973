/** How the server is run: its log, its user ids, its stop. */
import type { Setting } from "../setting.ts";
import { INT32, SECOND } from "./units.ts";

export const OPERATION = [
  {
    key: "log.level",
    type: "enum",
    values: ["debug", "info", "warn", "error"],
    default: { value: "info" },
    doc: "Least severe line that is logged to stderr. `-v` means `debug`: one line for each request.",
    reason:
      "One line for each change of state; a line for each request costs a tenth of its speed.",
  },
  {
    key: "container.uid_base",
    type: "int",
    min: 1,
    max: INT32 - 65536,
    default: { value: 61184 },
    doc: "First of the user ids that function processes get, where the server may choose them.",
    reason:
      "The range that systems reserve for short-lived services; it exists inside containers too.",
  },
  {
    key: "shutdown.drain_max_ms",
    type: "int",
    unit: "ms",
    min: 0,
    max: INT32,
    default: { value: 60 * SECOND },
    doc:
      "How long a stopping server waits for running activations; what still runs then is killed " +
      "and recorded as a whisk internal error.",
    reason: "As long as the default timeout of an action.",
  },
] as const satisfies readonly Setting[];

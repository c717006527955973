/** What is told of the work: metrics and user events. */
import type { Setting } from "../setting.ts";
import { PORT } from "./units.ts";

export const METRICS = [
  {
    key: "metrics.port",
    ...PORT,
    words: ["api", "off"],
    default: { value: "api" },
    doc:
      "Where metrics are served at `/metrics`: on the port of the API (`api`), on a port of their " +
      "own (a number, 0 picks a free one), or nowhere (`off`).",
    reason: "One port to know, as with the original.",
  },
  {
    key: "user_events.enabled",
    type: "enum",
    values: ["off", "on"],
    default: { value: "off" },
    doc:
      "Whether every activation and every decision of a throttle is told as a user event, as JSON " +
      "of the original. Then `/metrics` has metrics of each action, and shows their names.",
    reason: "The original's; `/metrics` needs no key.",
  },
  {
    key: "user_events.queue_max",
    type: "int",
    min: 2,
    max: 10_000_000,
    default: { value: 10_000 },
    doc: "User events that may wait to be counted or written; beyond it the older half is dropped.",
    reason: "A few MB at most.",
  },
  {
    key: "user_events.file",
    type: "path",
    words: ["none"],
    default: { value: "none" },
    doc:
      "File that user events are appended to, one JSON object per line; a named pipe works as " +
      "well. It grows until something else cuts it off.",
    reason: "Metrics are enough for most.",
  },
] as const satisfies readonly Setting[];

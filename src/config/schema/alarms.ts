/** Alarms whose time passed, and when the others come. */
import type { Setting } from "../setting.ts";

export const ALARMS = [
  {
    key: "alarms.missed",
    type: "enum",
    values: ["fire", "skip"],
    default: { value: "fire" },
    doc:
      "What an alarm does whose time passed while nothing ran: `fire` makes up for the last such " +
      "time (earlier ones are left out), `skip` waits for the next. A single date is always made up.",
    reason: "A nightly job is not lost to a restart at midnight.",
  },
  {
    key: "alarms.delay_max_s",
    type: "int",
    min: 0,
    max: 59,
    default: { value: 0 },
    doc:
      "Alarms whose pattern has five fields are spread over so many seconds of the minute, each " +
      "always at the same, unless they are `strict`.",
    reason: "The original's.",
  },
  {
    key: "alarms.strict",
    type: "enum",
    values: ["yes", "no"],
    default: { value: "no" },
    doc: "Whether alarms that do not say are `strict`: not spread.",
    reason: "The original's.",
  },
  {
    key: "alarms.limit_cron_fields",
    type: "enum",
    values: ["yes", "no"],
    default: { value: "no" },
    doc: "Refuse patterns that are finer than a minute.",
    reason: "The original's.",
  },
] as const satisfies readonly Setting[];

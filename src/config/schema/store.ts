/** What is kept on disk, when and for how long. */
import type { Setting } from "../setting.ts";
import { DAY, GIB, MIB, MINUTE, SECOND } from "./units.ts";

export const STORE = [
  {
    key: "store.commit_interval_ms",
    type: "int",
    unit: "ms",
    min: 1,
    max: 1 * SECOND,
    default: { value: 5 },
    doc: "How long records are gathered before they are written to disk together.",
    reason: "Long enough to share one write among many, short enough to lose little.",
  },
  {
    key: "activations.retention_age_ms",
    type: "int",
    unit: "ms",
    min: 1 * MINUTE,
    max: 3650 * DAY,
    default: { value: 7 * DAY },
    doc: "Activation records older than this are deleted.",
    reason: "What the original's cleaning script keeps unless told otherwise.",
  },
  {
    key: "activations.retention_bytes",
    type: "int",
    unit: "bytes",
    min: 1 * MIB,
    max: 2 ** 50,
    default: { value: 4 * GIB },
    doc: "Disk space for activation records; beyond it the oldest are deleted.",
    reason: "Some four million small records, and a laptop's disk still has room.",
  },
] as const satisfies readonly Setting[];

/** What is remembered of those who authenticate. */
import type { Setting } from "../setting.ts";
import { DAY, MINUTE } from "./units.ts";

export const AUTH = [
  {
    key: "auth.cache_ttl_ms",
    type: "int",
    unit: "ms",
    min: 0,
    max: DAY,
    default: { value: 5 * MINUTE },
    doc: "How long a looked-up key is trusted without asking the store again; 0 asks every time.",
    reason: "The original's.",
  },
  {
    key: "auth.cache_entries_max",
    type: "int",
    min: 1,
    max: 1_000_000,
    default: { value: 10_000 },
    doc: "Keys remembered; the one not used for longest is forgotten first.",
    reason: "A few MB at most.",
  },
] as const satisfies readonly Setting[];

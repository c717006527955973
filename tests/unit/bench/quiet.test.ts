import { expect, test } from "vitest";
import { isNoisy, quietest } from "../../../bench/lib/quiet.ts";

const sample = (foreignCores: number) => ({ surroundings: { foreignCores, steal: 0, load: 1 } });

/** Hands out samples with these amounts of foreign CPU, and counts how many were taken. */
function source(...foreign: number[]) {
  const state = { taken: 0 };
  const take = async () => sample(foreign[state.taken++] ?? Number.NaN);
  return { state, take };
}

test.for([
  { foreign: [0.15], taken: 1, kept: 0.15 },
  { foreign: [0.16, 0.1], taken: 2, kept: 0.1 },
  { foreign: [0.9, 0.3, 0.5, 0.4], taken: 4, kept: 0.3 },
])("of $foreign it takes $taken and keeps $kept", async ({ foreign, taken, kept }) => {
  const { state, take } = source(...foreign);
  const best = await quietest(take, { patient: true });
  expect(best.surroundings.foreignCores).toBe(kept);
  expect(state.taken).toBe(taken);
});

test("without patience the first sample stands and stays marked as noisy", async () => {
  const { state, take } = source(0.9, 0);
  const only = await quietest(take, { patient: false });
  expect(isNoisy(only.surroundings)).toBe(true);
  expect(state.taken).toBe(1);
});

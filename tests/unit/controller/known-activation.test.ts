/** An activation that changes from accepted to recorded is known at every moment. */
import { expect, test } from "vitest";
import { isKnown } from "../../../src/controller/service/known-activation.ts";

const id = "a".repeat(32);
const invocation = { activationId: id, accepted: 1, started: true, message: "{}" };

/** Moves on by one state each time it is asked. */
function setUp(states: readonly ("nowhere" | "accepted" | "recorded")[]) {
  let asked = 0;
  const next = () => states[asked++] ?? states.at(-1);
  return {
    accepted: { unfinished: async () => (next() === "accepted" ? [invocation] : []) },
    activations: { get: async () => (next() === "recorded" ? "{}" : undefined) },
  };
}

test.each([
  [["nowhere"], false],
  [["accepted"], true],
  [["recorded"], true],
  [["accepted", "recorded"], true],
] as const)("%j: %s", async (states, known) => {
  expect(await isKnown(setUp(states), "guest", id)).toBe(known);
});

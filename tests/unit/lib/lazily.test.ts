import { expect, test } from "vitest";
import { lazily } from "../../../src/lib/lazily.ts";

test("made once, and not before it is asked for", () => {
  let count = 0;
  const value = lazily(() => {
    count += 1;
    return undefined;
  });
  expect(count).toBe(0);
  expect([value(), value(), count]).toEqual([undefined, undefined, 1]);
});

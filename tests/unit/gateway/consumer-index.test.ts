import { expect, test } from "vitest";
import { ConsumerIndex } from "../../../src/gateway/consumer-index.ts";
import { fc } from "../../helpers/property.ts";

const step = fc.record({
  id: fc.constantFrom("a", "b", "c"),
  /** undefined: it is removed */
  key: fc.option(fc.constantFrom("x", "y"), { nil: undefined }),
});

/** Whoever was set last and not removed since. */
function holderOf(key: string, steps: readonly { id: string; key: string | undefined }[]) {
  const current = new Map<string, string>();
  for (const { id, key: at } of steps) {
    current.delete(id);
    if (at !== undefined) current.set(id, at);
  }
  return [...current].findLast(([, at]) => at === key)?.[0];
}

test("finds as a list of everything that was done would", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), fc.nat(20), (steps, searchedAfter) => {
      const index = new ConsumerIndex();
      steps.forEach(({ id, key }, at) => {
        // From here on the index by the member is kept, not made.
        if (at === searchedAfter) index.find("p", "key", "x");
        if (key === undefined) index.remove("p", id);
        else index.set("p", id, { username: id, value: {}, authConf: { key } });
      });
      for (const key of ["x", "y"]) {
        expect(index.find("p", "key", key)?.username).toBe(holderOf(key, steps));
      }
      const isAny = ["x", "y"].some((key) => holderOf(key, steps) !== undefined);
      expect(index.hasAny("p")).toBe(isAny);
    }),
  );
});

test("members that are no texts, and plugins that nobody uses, hold nothing", () => {
  const index = new ConsumerIndex();
  index.set("p", "a", { username: "a", value: {}, authConf: { key: 7 } });
  expect(index.find("p", "key", "7")).toBeUndefined();
  expect(index.find("p", "none", "undefined")).toBeUndefined();
  expect(index.find("other", "key", "7")).toBeUndefined();
  expect(index.hasAny("other")).toBe(false);
});

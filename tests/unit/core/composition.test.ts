import { describe, expect, test } from "vitest";
import { componentRef, conductorStep, withState } from "../../../src/core/composition.ts";

describe("the name of a component", () => {
  test.each([
    ["a", "guest", "a"],
    ["p/a", "guest/p", "a"],
    ["/ns/a", "ns", "a"],
    ["/ns/p/a", "ns/p", "a"],
    ["ns/p/a", "ns/p", "a"],
    ["/_/a", "guest", "a"],
    ["/_/p/a", "guest/p", "a"],
    ["_/p/a", "guest/p", "a"],
  ])("%s", (name, path, action) => {
    expect(componentRef(name, "guest")).toEqual({ path, name: action });
  });

  test.each([["/a"], [""], ["/"], ["a/b/c/d"], ["/a/b/c/d"], ["a b!"], [null], [5], [{}], [["a"]]])(
    "%j is none",
    (name) => {
      expect(componentRef(name, "guest")).toBeUndefined();
    },
  );
});

describe("what a conductor asks for", () => {
  test.each([
    [{}, { type: "end", result: {} }],
    [{ a: 1 }, { type: "end", result: { a: 1 } }],
    [
      { params: { a: 1 }, b: 2 },
      { type: "end", result: { a: 1 } },
    ],
    [{ params: 1 }, { type: "end", result: { value: 1 } }],
    [{ params: null }, { type: "end", result: { value: null } }],
    [{ action: null }, { type: "invoke", action: null, params: {}, state: {} }],
    [
      { action: "a", params: [1], state: [2] },
      { type: "invoke", action: "a", params: { value: [1] }, state: { state: [2] } },
    ],
    [
      { action: "a", error: "x", state: { s: 1 } },
      { type: "invoke", action: "a", params: {}, state: { s: 1 } },
    ],
  ])("%j", (result, step) => {
    expect(conductorStep(result)).toEqual(step);
  });

  test("its state is laid over what comes back", () => {
    expect(withState({ a: 1, b: 1 }, { b: 2 })).toEqual({ a: 1, b: 2 });
  });
});

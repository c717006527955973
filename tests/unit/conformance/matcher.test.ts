import { expect, test } from "vitest";
import { matcherProblems, mismatches } from "../../conformance/matcher.ts";

const id = "44794bd6aab74415b4e42a308d880e5b";
const line = "2023-11-14T22:13:20.001Z       stdout: hi";

test.for<[unknown, unknown, boolean]>([
  [1, 1, true],
  [1, "1", false],
  [null, null, true],
  [null, undefined, false],
  [{ a: 1 }, { a: 1, b: 2 }, true],
  [{ a: 1 }, { b: 2 }, false],
  [{ a: 1 }, [1], false],
  [{}, {}, true],
  [{}, "x", false],
  [[1, 2], [1, 2], true],
  [[1], [1, 2], false],
  [[2, 1], [1, 2], false],
  [[], [], true],
  [[], {}, false],
  ["constructor", "constructor", true],
  ["constructor", "x", false],
  ["<any>", null, true],
  ["<any>", undefined, false],
  [{ a: "<absent>" }, {}, true],
  [{ a: "<absent>" }, { a: null }, false],
  ["<string>", "x", true],
  ["<string>", "", false],
  ["<int>", 3, true],
  ["<int>", 3.5, false],
  ["<int>", "3", false],
  ["<bool>", false, true],
  ["<bool>", 0, false],
  ["<object>", {}, true],
  ["<object>", [], false],
  ["<array>", [], true],
  ["<hex32>", id, true],
  ["<hex32>", id.toUpperCase(), false],
  ["<hex32>", id.slice(1), false],
  ["<now>", Date.now(), true],
  ["<now>", Date.now() / 1000, false],
  ["<now>", Date.now() - 3_600_000, false],
  [{ "<exact>": { a: "<int>" } }, { a: 1 }, true],
  [{ "<exact>": { a: "<int>" } }, { a: 1, b: 1 }, false],
  [{ "<exact>": {} }, {}, true],
  [{ "<keyed>": { a: 1, b: "<absent>" } }, [{ key: "a", value: 1 }], true],
  [
    { "<keyed>": { a: 1, b: "<absent>" } },
    [
      { key: "a", value: 1 },
      { key: "b", value: 1 },
    ],
    false,
  ],
  [{ "<keyed>": { a: 1 } }, { a: 1 }, false],
  [{ "<contains>": [2] }, [1, 2], true],
  [{ "<contains>": [3] }, [1, 2], false],
  [{ "<each>": "<int>" }, [1, 2], true],
  [{ "<each>": "<int>" }, [1, "2"], false],
  [{ "<each>": "<int>" }, {}, false],
  [{ "<length>": 2 }, [1, 2], true],
  [{ "<length>": 2 }, "abc", false],
  [{ "<length>": { "<between>": [1, 3] } }, "abc", true],
  [{ "<not>": 1 }, 2, true],
  [{ "<not>": 1 }, 1, false],
  [{ "<oneOf>": [1, 2] }, 2, true],
  [{ "<oneOf>": [1, 2] }, 3, false],
  [{ "<allOf>": ["<int>", { "<between>": [1, 2] }] }, 2, true],
  [{ "<allOf>": ["<int>", { "<between>": [1, 2] }] }, 1.5, false],
  [{ "<between>": [1, 2] }, 2, true],
  [{ "<between>": [1, 2] }, 3, false],
  [{ "<regex>": "^a+$" }, "aa", true],
  [{ "<regex>": "^a+$" }, "ab", false],
  [{ "<log>": ["stdout", "hi"] }, line, true],
  [{ "<log>": ["stderr", "hi"] }, line, false],
  [{ "<log>": ["stdout", "ho"] }, line, false],
  [{ "<log>": ["stdout", "hi"] }, line.replace("      ", ""), false],
  [{ "<log>": ["stdout", "hi"] }, "hi", false],
])("%j against %j: %j", ([expected, actual, holds]) => {
  const found = mismatches(expected, actual, "body");
  expect(found.length === 0).toBe(holds);
});

test("says where and what", () => {
  expect(mismatches({ a: [{ b: 1 }] }, { a: [{ b: 2 }] }, "body")).toEqual([
    "body.a[0].b: expected 1, but is 2",
  ]);
});

test.for<[unknown, string | undefined]>([
  ["<hex32>", undefined],
  ["<hex23>", "x: no matcher <hex23>"],
  ["a <b> c", undefined],
  [{ a: [{ "<each>": "<hexx>" }] }, "x.a[0].<each>: no matcher <hexx>"],
  [{ "<evry>": 1 }, "x: no matcher <evry>"],
  [{ "<each>": 1, a: 1 }, "x: <each> must stand alone"],
  [{ "<between>": [1] }, "x: <between> does not take this argument"],
  [{ "<log>": ["stdwhat", "a"] }, "x: <log> does not take this argument"],
])("checks matchers of a case file: %j", ([expected, problem]) => {
  expect(matcherProblems(expected, "x")).toEqual(problem === undefined ? [] : [problem]);
});

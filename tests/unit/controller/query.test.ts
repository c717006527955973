import { describe, expect, test } from "vitest";
import {
  booleanParameter,
  instantParameter,
  LIST_LIMIT_MAX,
  nameFilter,
  pageParameters,
  parseQuery,
} from "../../../src/controller/api/query.ts";
import { fc } from "../../helpers/property.ts";
import { badParameter, thrown } from "../../helpers/thrown.ts";

describe("booleans", () => {
  test.each([
    ["x=true", true],
    ["x=YES", true],
    ["x=on", true],
    ["x=1", true],
    ["x=False", false],
    ["x=no", false],
    ["x=off", false],
    ["x=0", false],
    ["x=", true],
    ["x", true],
    ["y=false", true],
  ])("%s is %s, with true as the default", (query, expected) => {
    expect(booleanParameter(parseQuery(query), "x", true)).toBe(expected);
  });

  test.each(["2", "t", " true"])("%j is none", (text) => {
    const query = parseQuery(new URLSearchParams({ x: text }).toString());
    expect(thrown(() => booleanParameter(query, "x", true))).toEqual(
      badParameter("x", `'${text}' is not a valid Boolean value`),
    );
  });
});

describe("pages", () => {
  test.each([
    ["", { skip: 0, limit: 30, count: false }],
    ["limit=0", { skip: 0, limit: 200, count: false }],
    ["limit=200&skip=5&count=true", { skip: 5, limit: 200, count: true }],
    ["limit=%2B1", { skip: 0, limit: 1, count: false }],
    ["skip=2147483647", { skip: 2147483647, limit: 30, count: false }],
  ])("%j", (query, page) => {
    expect(LIST_LIMIT_MAX).toBe(200);
    expect(pageParameters(parseQuery(query), "rules")).toEqual(page);
  });

  test.each([
    ["limit=201", "limit", "The value '201' is not in the range of 0 to 200 for rules."],
    ["limit=-1", "limit", "The value '-1' is not in the range of 0 to 200 for rules."],
    ["limit=x", "limit", "The value 'x' is not an integer for rules."],
    ["limit=", "limit", "The value '' is not an integer for rules."],
    ["limit=1.0", "limit", "The value '1.0' is not an integer for rules."],
    ["skip=-1", "skip", "The value '-1' is not greater than or equal to 0 for rules."],
    ["skip=2147483648", "skip", "The value '2147483648' is not an integer for rules."],
    ["limit=x&skip=y", "skip", "The value 'y' is not an integer for rules."],
    ["count=x", "count", "'x' is not a valid Boolean value"],
  ])("%j is refused", (query, name, text) => {
    expect(thrown(() => pageParameters(parseQuery(query), "rules"))).toEqual(
      badParameter(name, text),
    );
  });
});

describe("name filter", () => {
  test.each([
    ["", undefined],
    ["name=", undefined],
    ["name=%20", undefined],
    ["name=hello", "hello"],
    ["name=pkg/hello", "pkg/hello"],
    ["name=%2Fpkg%2F%2Fhello%2F", "pkg/hello"],
  ])("%j", (query, filter) => {
    expect(nameFilter(parseQuery(query))).toBe(filter);
  });

  test.each(["a/b/c", "/", "a$", " a"])("%j is refused", (name) => {
    const query = parseQuery(new URLSearchParams({ name }).toString());
    expect(thrown(() => nameFilter(query))).toEqual(
      badParameter(
        "name",
        `Parameter may be a 'simple' name or 'package-name/simple' name: ${name}`,
      ),
    );
  });
});

describe("instants", () => {
  test.each([
    ["", undefined],
    ["since=0", 0],
    ["since=1700000000000", 1_700_000_000_000],
    ["since=-5", -5],
  ])("%j", (query, instant) => {
    expect(instantParameter(parseQuery(query), "since")).toBe(instant);
  });

  test.each(["", "x", "1.5", "9223372036854775808"])("%j is refused", (text) => {
    expect(thrown(() => instantParameter(parseQuery(`since=${text}`), "since"))).toEqual(
      badParameter("since", `Parameter is not a valid value for epoch seconds: ${text}`),
    );
  });
});

test("no query makes them throw anything but a PlatformError", () => {
  fc.assert(
    fc.property(fc.constantFrom("skip", "limit", "name", "since"), fc.string(), (name, text) => {
      const query = parseQuery(`${name}=${text}`);
      const error = thrown(() => {
        pageParameters(query, "actions");
        nameFilter(query);
        instantParameter(query, "since");
      });
      expect([undefined, "QUERY_MALFORMED"]).toContain(error?.code);
    }),
  );
});

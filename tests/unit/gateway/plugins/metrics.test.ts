import { describe, expect, test } from "vitest";
import { exposition } from "../../../../src/gateway/plugins/lib/exposition.ts";
import { Distribution, SeriesTable } from "../../../../src/gateway/plugins/lib/series.ts";
import { fc } from "../../../helpers/property.ts";

describe("text format", () => {
  test("one metric after the other, without those that have no samples", () => {
    const text = exposition([
      { name: "a", help: "An a", type: "gauge", samples: [{ labels: [], value: 1 }] },
      { name: "b", help: "No b", type: "counter", samples: [] },
      {
        name: "c",
        help: "A c",
        type: "histogram",
        samples: [{ suffix: "_bucket", labels: ["le", "+Inf"], value: Number.POSITIVE_INFINITY }],
      },
    ]);
    expect(text).toBe(
      "# HELP a An a\n# TYPE a gauge\na 1\n" +
        '# HELP c A c\n# TYPE c histogram\nc_bucket{le="+Inf"} +Inf\n',
    );
  });

  test("no value of a label ends its line or its quotes", () => {
    void fc.assert(
      fc.property(fc.string(), (value) => {
        const samples = [{ labels: ["l", value], value: 1 }];
        const text = exposition([{ name: "m", help: "h", type: "gauge", samples }]);
        const line = text.split("\n").slice(2).join("\n");
        const quoted = /^m\{l="((?:[^"\\\n]|\\["\\n])*)"\} 1\n$/.exec(line)?.[1];
        const back = quoted?.replace(/\\(["\\n])/g, (_, sign) => (sign === "n" ? "\n" : sign));
        expect(back).toBe(value);
      }),
    );
  });
});

describe("series", () => {
  const table = (options: { max?: number; expireMs?: number } = {}) => {
    let full = 0;
    const series = new SeriesTable({
      make: () => ({ count: 0 }),
      max: 2,
      onFull: () => {
        full += 1;
      },
      ...options,
    });
    return { series, full: () => full };
  };

  test("labels are told apart, whatever they contain", () => {
    const { series } = table();
    const first = series.at(["a", "b"], 0);
    expect(series.at(["a", "b"], 1)).toBe(first);
    expect(series.at(["ab", ""], 1)).not.toBe(first);
  });

  test("beyond the bound nothing is counted, but that is", () => {
    const { series, full } = table();
    series.at(["1"], 0);
    series.at(["2"], 0);
    expect(series.at(["3"], 0)).toBeUndefined();
    expect(series.at(["2"], 0)).toBeDefined();
    expect(full()).toBe(1);
  });

  test("what was not used vanishes and makes room", () => {
    const { series, full } = table({ expireMs: 100 });
    series.at(["1"], 0);
    series.at(["2"], 50);
    expect(series.at(["3"], 120)).toBeDefined();
    expect(series.read(120).map(([labels]) => labels)).toEqual([["2"], ["3"]]);
    expect(full()).toBe(0);
  });
});

test("a distribution counts as many as were observed, each bound those below it", () => {
  void fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true })), (values) => {
      const distribution = new Distribution([1, 10, 50]);
      for (const value of values) distribution.observe(value);
      expect(distribution.count).toBe(values.length);
      expect(distribution.cumulated()).toEqual(
        [1, 10, 50].map((bound) => values.filter((value) => value <= bound).length),
      );
    }),
  );
});

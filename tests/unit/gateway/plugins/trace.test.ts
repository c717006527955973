import { describe, expect, test } from "vitest";
import { HeaderList } from "../../../../src/gateway/header-list.ts";
import { parentOf, readB3, sampledBy, writeB3 } from "../../../../src/gateway/plugins/lib/b3.ts";
import { traceRequest } from "../../../../src/gateway/plugins/lib/otlp.ts";
import { headerAttributes } from "../../../../src/gateway/plugins/lib/span-attributes.ts";
import {
  formatTraceParent,
  newSpanId,
  newTraceId,
  parseTraceParent,
  samples,
} from "../../../../src/gateway/plugins/lib/trace-context.ts";
import { fc } from "../../../helpers/property.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

describe("traceparent", () => {
  test("what is written can be read", () => {
    void fc.assert(
      fc.property(fc.nat(255), (flags) => {
        const context = { traceId: newTraceId(), spanId: newSpanId(), flags };
        expect(parseTraceParent(formatTraceParent(context))).toEqual(context);
      }),
    );
  });

  test.each([
    [`00-${TRACE}-${SPAN}-01`, true],
    [` 00-${TRACE}-${SPAN}-00 `, true],
    [`01-${TRACE}-${SPAN}-01-more`, true],
    [`00-${TRACE}-${SPAN}-01-more`, false],
    [`ff-${TRACE}-${SPAN}-01`, false],
    [`00-${TRACE.slice(1)}-${SPAN}-01`, false],
    [`00-${TRACE}-${"0".repeat(16)}-01`, false],
    [`00-${"0".repeat(32)}-${SPAN}-01`, false],
    [`00-${TRACE}-${SPAN}`, false],
    [`00-${TRACE}-${SPAN}-0g`, false],
    ["", false],
    [undefined, false],
  ])("%s: %s", (header, isValid) => {
    expect(parseTraceParent(header) !== undefined).toBe(isValid);
  });

  test("any text is read without an error", () => {
    void fc.assert(fc.property(fc.string(), (text) => void parseTraceParent(text)));
  });
});

describe("samplers", () => {
  const ratio = (fraction: number) => ({ name: "trace_id_ratio", options: { fraction } }) as const;

  test.each([0, 0.25, 0.5, 1])("a ratio of %d is kept", (fraction) => {
    const count = 4000;
    let sampled = 0;
    for (let n = 0; n < count; n++) {
      // Evenly spread, so that the share is exact.
      const traceId = Math.floor((n / count) * 2 ** 32)
        .toString(16)
        .padStart(8, "0")
        .padEnd(32, "0");
      if (samples(ratio(fraction), traceId, undefined)) sampled += 1;
    }
    expect(Math.abs(sampled / count - fraction)).toBeLessThan(0.001);
  });

  test("a parent decides, without one the root does", () => {
    const root = { name: "always_on", options: { fraction: 0 } } as const;
    const sampler = { name: "parent_base", options: { fraction: 0, root } } as const;
    const parent = (flags: number) => ({ traceId: TRACE, spanId: SPAN, flags });
    expect(samples(sampler, TRACE, parent(0))).toBe(false);
    expect(samples(sampler, TRACE, parent(1))).toBe(true);
    expect(samples(sampler, TRACE, undefined)).toBe(true);
    const rootless = { name: "parent_base", options: { fraction: 1 } } as const;
    expect(samples(rootless, TRACE, undefined)).toBe(false);
    // The schema's own default of `options` has a root without options.
    const bare = { name: "trace_id_ratio" } as never;
    const sampler2 = { name: "parent_base", options: { fraction: 1, root: bare } } as const;
    expect(samples(sampler2, TRACE, undefined)).toBe(false);
  });
});

describe("b3", () => {
  const read = (headers: Record<string, string>) => readB3(HeaderList.from(headers));

  test.each([
    ["0", { traceId: undefined, spanId: undefined, parentId: undefined, sampled: "0" }],
    [`${TRACE}-${SPAN}`, { traceId: TRACE, spanId: SPAN, sampled: undefined, parentId: undefined }],
    [`${TRACE}-${SPAN}-d-${SPAN}`, { traceId: TRACE, spanId: SPAN, sampled: "d", parentId: SPAN }],
    ["abc", { problem: "missing span_id" }],
    ["-abc", { problem: "missing trace_id" }],
  ])("%s", (b3, expected) => {
    expect(read({ b3 })).toEqual(expected);
  });

  test.each([
    [{ traceId: TRACE, spanId: SPAN }, true],
    [{ traceId: TRACE.slice(16), spanId: SPAN }, true],
    [{ traceId: TRACE.toUpperCase(), spanId: SPAN.toUpperCase() }, true],
    [{ traceId: TRACE.slice(1), spanId: SPAN }, false],
    [{ traceId: TRACE, spanId: undefined }, false],
    [{ traceId: TRACE, spanId: SPAN, parentId: "x".repeat(16) }, false],
    [{ traceId: undefined, spanId: SPAN }, false],
  ])("%j is a parent: %s", (b3, isParent) => {
    const parent = parentOf({ parentId: undefined, sampled: undefined, ...b3 });
    expect(parent !== undefined).toBe(isParent);
    if (parent !== undefined) expect(parent.traceId).toBe(parent.traceId.toLowerCase());
  });

  test.each([
    ["1", undefined, true],
    ["d", undefined, true],
    ["false", "1", false],
    [undefined, "1", true],
    [undefined, "0", undefined],
    ["nonsense", undefined, undefined],
  ])("sampled %s, flags %s: %s", (sampled, flags, expected) => {
    const b3 = { traceId: undefined, spanId: undefined, parentId: undefined, sampled };
    expect(sampledBy(b3, flags)).toBe(expected);
  });

  test("what is written takes the place of the client's headers", () => {
    const headers = HeaderList.from({ "X-B3-TraceId": "old", "X-B3-ParentSpanId": "old" });
    writeB3(headers, { traceId: TRACE, spanId: SPAN, parentId: undefined }, false);
    expect(headers.toObject()).toEqual({
      "x-b3-traceid": TRACE,
      "x-b3-spanid": SPAN,
      "x-b3-sampled": "0",
    });
  });
});

test("OTLP: times are nanoseconds, values have their types", () => {
  const span = {
    traceId: TRACE,
    spanId: SPAN,
    name: "GET /",
    startMs: 1_700_000_000_123,
    endMs: 1_700_000_000_124.5,
    attributes: [
      ["text", "a"],
      ["whole", 200],
      ["part", 0.5],
      ["yes", true],
    ],
  } as const;
  const request = traceRequest([["host", "h"]], [span]);
  expect(request).toEqual({
    resourceSpans: [
      {
        resource: { attributes: [{ key: "host", value: { stringValue: "h" } }] },
        scopeSpans: [
          {
            scope: { name: "opentelemetry-lua" },
            spans: [
              {
                traceId: TRACE,
                spanId: SPAN,
                name: "GET /",
                kind: 2,
                startTimeUnixNano: "1700000000123000000",
                endTimeUnixNano: "1700000000124500000",
                attributes: [
                  { key: "text", value: { stringValue: "a" } },
                  { key: "whole", value: { intValue: "200" } },
                  { key: "part", value: { doubleValue: 0.5 } },
                  { key: "yes", value: { boolValue: true } },
                ],
                status: {},
              },
            ],
          },
        ],
      },
    ],
  });
});

test("a star at the end of a header stands for all that begin so", () => {
  const headers = HeaderList.from({ "X-A-1": "1", "X-A-2": ["2", "3"], Other: "o" });
  expect(headerAttributes(["x-a-*", "Other", "none", "*"], headers)).toEqual([
    ["x-a-1", "1"],
    ["x-a-2", "2, 3"],
    ["Other", "o"],
  ]);
});

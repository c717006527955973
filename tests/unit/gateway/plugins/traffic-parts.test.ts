/** Small decisions of the plugins that shape traffic. */
import { describe, expect, test } from "vitest";
import { HeaderList } from "../../../../src/gateway/header-list.ts";
import {
  forbidsStoring,
  isUnmodified,
  lifetime,
  parseDirectives,
  parseVary,
  variantOf,
} from "../../../../src/gateway/plugins/lib/cache-control.ts";
import { breakSeconds, observe } from "../../../../src/gateway/plugins/lib/circuit.ts";
import { drip } from "../../../../src/gateway/plugins/lib/leaky-bucket.ts";
import { quotaHeaders } from "../../../../src/gateway/plugins/lib/quota-headers.ts";
import { parseBytes, parseSeconds } from "../../../../src/gateway/plugins/lib/sizes.ts";
import { adapt, connectionDelay } from "../../../../src/gateway/plugins/lib/unit-delay.ts";
import { WeightedTurns } from "../../../../src/gateway/plugins/lib/weighted-turns.ts";
import { toXml } from "../../../../src/gateway/plugins/lib/xml.ts";

describe("circuit", () => {
  const conf = {
    max_breaker_sec: 10,
    unhealthy: { http_statuses: [500], failures: 2 },
    healthy: { http_statuses: [200], successes: 2 },
  };

  test.each([
    [0, 2],
    [2, 2],
    [4, 4],
    [6, 8],
    [8, 10],
    [2_000_000, 10],
  ])("%i failures: %i seconds", (failures, seconds) => {
    expect(breakSeconds({ failures, successes: 0, brokenAt: 0 }, conf)).toBe(seconds);
  });

  test("breaks at each multiple of the limit, and forgets what has no effect any more", () => {
    const once = observe(undefined, 500, conf, 100);
    expect(once?.brokenAt).toBeUndefined();
    const twice = observe(once, 500, conf, 101);
    expect(twice).toEqual({ failures: 2, successes: 0, brokenAt: 101 });
    expect(observe(twice, 500, conf, 111)?.brokenAt).toBe(101);
    expect(observe(twice, 500, conf, 112)?.brokenAt).toBeUndefined();
    const better = observe(twice, 200, conf, 102);
    expect(better?.successes).toBe(1);
    expect(observe(better, 404, conf, 102)).toBe(better);
    expect(observe(better, 200, conf, 102)).toBeUndefined();
    expect(observe(undefined, 200, conf, 102)).toBeUndefined();
  });
});

describe("leaky bucket", () => {
  test("a refused request leaves it as it is", () => {
    const conf = { rate: 2, burst: 1 };
    const first = drip(undefined, conf, 0);
    expect(first).toEqual({
      after: { excess: 0, at: 0 },
      pace: { isAllowed: true, delaySeconds: 0 },
    });
    const second = drip(first.after, conf, 0);
    expect(second.pace).toEqual({ isAllowed: true, delaySeconds: 0.5 });
    expect(drip(second.after, conf, 0)).toMatchObject({
      after: undefined,
      pace: { isAllowed: false },
    });
    expect(drip(second.after, conf, 500).pace.isAllowed).toBe(true);
  });
});

describe("waiting for a place", () => {
  test.each([
    [1, 2, 0],
    [2, 2, 0],
    [3, 2, 0.1],
    [4, 2, 0.1],
    [5, 2, 0.2],
  ])("%i of %i: %d s", (count, max, seconds) => {
    expect(connectionDelay(count, max, 0.1)).toBeCloseTo(seconds);
  });

  test("the unit goes half way to what requests take", () => {
    expect(adapt(0.1, 0.3)).toBeCloseTo(0.2);
  });
});

describe("weighted turns", () => {
  test("smoothly, and without those of no weight", () => {
    const weights = { a: 3, b: 1, c: 0 };
    const turns = new WeightedTurns(["a", "b", "c"] as const, (name) => weights[name]);
    const sequence = Array.from({ length: 8 }, () => turns.next()).join("");
    expect(sequence).toBe("aabaaaba");
  });

  test("nobody", () => {
    expect(new WeightedTurns(["a"], () => 0).next()).toBeUndefined();
  });
});

describe("caching headers", () => {
  const list = (headers: Record<string, string | string[]>) => HeaderList.from(headers);

  test("directives", () => {
    const directives = parseDirectives(['Max-Age="60", NO-CACHE', "x=y z", ""]);
    expect([...directives]).toEqual([
      ["max-age", 60],
      ["no-cache", true],
      ["x", "y z"],
    ]);
  });

  const now = Date.parse("2026-01-01T00:00:00Z");
  test.each<[Record<string, string | string[]>, number | undefined]>([
    [{ "cache-control": "max-age=5" }, 5],
    [{ "cache-control": "max-age=5, s-maxage=7" }, 7],
    [{ "cache-control": "max-age=-5" }, 0],
    [{ expires: "Thu, 01 Jan 2026 00:00:09 GMT" }, 9],
    [{ expires: "Thu, 01 Jan 2025 00:00:09 GMT" }, 0],
    [{ expires: "0" }, 0],
    [{ expires: "Thu, 01 Jan 2026 00:00:09 GMT", "cache-control": "max-age=3" }, 3],
    [{ "cache-control": "public" }, undefined],
    [{}, undefined],
  ])("%j keeps for %s s", (headers, seconds) => {
    // A bare "0" is a year to the parser of dates: long ago.
    expect(lifetime(list(headers), now)).toBe(seconds);
  });

  test.each([
    ["private, max-age=5", true],
    ["No-Store", true],
    ["no-cache", true],
    ["public, max-age=5", false],
  ])("%s forbids: %s", (value, forbids) => {
    expect(forbidsStoring(list({ "cache-control": value }))).toBe(forbids);
  });

  test("Vary", () => {
    expect(parseVary(["B, a", " A ,"])).toEqual(["a", "b"]);
    expect(parseVary(["a, *"])).toBeUndefined();
    expect(parseVary([])).toEqual([]);
    expect(variantOf([], list({ a: "1" }))).toBe("");
    const one = variantOf(["a", "b"], list({ A: "1", b: "" }));
    expect(variantOf(["a", "b"], list({ a: "1" }))).toBe(one);
    expect(variantOf(["a", "b"], list({ b: "1" }))).not.toBe(one);
  });

  const date = "Thu, 01 Jan 2015 00:00:00 GMT";
  test.each<[Record<string, string>, boolean]>([
    [{}, false],
    [{ "if-none-match": '"e"' }, true],
    [{ "if-none-match": 'W/"e"' }, true],
    [{ "if-none-match": "*" }, true],
    [{ "if-none-match": '"f"' }, false],
    [{ "if-modified-since": date }, true],
    [{ "if-modified-since": "Thu, 01 Jan 2016 00:00:00 GMT" }, false],
    [{ "if-modified-since": date, "if-none-match": '"f"' }, false],
  ])("%j is unmodified: %s", (request, expected) => {
    const stored = list({ etag: '"e"', "last-modified": date });
    expect(isUnmodified(list(request), stored)).toBe(expected);
  });
});

describe("sizes and times", () => {
  test.each([
    ["50m", 52_428_800],
    ["1G", 1_073_741_824],
    ["8k", 8192],
    ["17", 17],
    ["1.5m", undefined],
    [undefined, undefined],
  ])("%s", (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  test.each([
    ["10s", 10],
    ["5m", 300],
    ["250ms", 0.25],
    ["3", 3],
    ["soon", undefined],
  ])("%s", (text, seconds) => {
    expect(parseSeconds(text)).toBe(seconds);
  });
});

test("names of quota headers", () => {
  expect(quotaHeaders(undefined, undefined).limit).toBe("X-RateLimit-Limit");
  expect(quotaHeaders({ limit_header: "X-Most" }, 1)).toEqual({
    limit: "X-Most",
    remaining: "X-1-RateLimit-Remaining",
    reset: "X-1-RateLimit-Reset",
  });
});

test("XML", () => {
  const data = { list: [1, "<"], empty: {}, flag: true };
  expect(toXml(data, "data")).toBe(
    [
      "<data>",
      "  <list>1</list>",
      "  <list>&lt;</list>",
      "  <empty>",
      "  </empty>",
      "  <flag>true</flag>",
      "</data>",
    ].join("\n"),
  );
});

/** Decisions about who gets in, apart from requests. */
import { describe, expect, test } from "vitest";
import { isAllowed } from "../../../../src/gateway/plugins/consumer-restriction.ts";
import { allowedOrigin, type CorsConf } from "../../../../src/gateway/plugins/lib/cors-origin.ts";
import { claimsRefusal } from "../../../../src/gateway/plugins/lib/openid-claims.ts";
import type { OpenidConf } from "../../../../src/gateway/plugins/lib/openid-conf.ts";
import { timeoutMs } from "../../../../src/gateway/plugins/lib/openid-conf.ts";
import { TimedCache } from "../../../../src/gateway/plugins/lib/timed-cache.ts";
import { hostOfReferer } from "../../../../src/gateway/plugins/referer-restriction.ts";

test.each([
  ["http://a.com", "a.com"],
  ["https://A.com:8443/x", "A.com"],
  ["//a.com?x", "a.com"],
  ["http://[::1]:80/", "[::1]"],
  ["http://user@a.com/", "user@a.com"],
  ["http://a.com#x", "a.com#x"],
  ["ftp://a.com", undefined],
  ["a.com", undefined],
  ["http://", undefined],
  ["", undefined],
])("the host of %j is %s", (referer, host) => {
  expect(hostOfReferer(referer)).toBe(host);
});

describe("consumer-restriction", () => {
  const base = { type: "consumer_name", rejected_code: 403 } as const;
  const rules = [{ user: "a", methods: ["GET"] }, { user: "a", methods: ["POST"] }, { user: "b" }];

  test.each([
    [{ allowed_by_methods: rules }, "a", "GET", true],
    // The first rule of a user decides.
    [{ allowed_by_methods: rules }, "a", "POST", false],
    [{ allowed_by_methods: rules }, "b", "POST", true],
    [{ blacklist: ["a"], allowed_by_methods: rules }, "a", "GET", false],
    [{ whitelist: ["a"], allowed_by_methods: rules }, "a", "POST", true],
    [{ whitelist: ["b"], allowed_by_methods: rules }, "a", "GET", false],
  ])("%j, %s %s: %s", (conf, user, method, expected) => {
    expect(isAllowed({ ...base, ...conf }, user, method)).toBe(expected);
  });
});

describe("cors", () => {
  const base: CorsConf = {
    allow_origins: "*",
    allow_methods: "*",
    allow_headers: "*",
    max_age: 5,
    allow_credential: false,
  };

  test("metadata that is not there, or of another form, allows nothing", () => {
    const conf = { ...base, allow_origins_by_metadata: ["a"] };
    for (const shared of [undefined, null, [], {}, { a: 1 }]) {
      expect(allowedOrigin(conf, "http://a.com", shared)).toBeUndefined();
    }
    expect(allowedOrigin(conf, "http://a.com", { a: "http://a.com" })).toBe("http://a.com");
  });

  test("a request without origin is no match of a list", () => {
    const conf = { ...base, allow_origins: "http://a.com,http://b.com" };
    expect(allowedOrigin(conf, undefined, undefined)).toBeUndefined();
    expect(allowedOrigin(base, undefined, undefined)).toBe("*");
  });
});

describe("openid-connect", () => {
  const conf = (more: Partial<OpenidConf>) => ({ client_id: "me", ...more }) as OpenidConf;
  const matching = { claim_validator: { audience: { match_with_client_id: true } } };

  test.each<[Partial<OpenidConf>, Parameters<typeof claimsRefusal>[1], string | undefined]>([
    [{}, {}, undefined],
    [{ required_scopes: ["a"] }, { scope: "b a" }, undefined],
    [{ required_scopes: ["a"] }, { scope: "ab" }, "required scopes a not present"],
    [{ required_scopes: ["a"] }, { scope: ["a"] }, "required scopes a not present"],
    [{ required_scopes: ["a", "b"] }, {}, "required scopes a, b not present"],
    [matching, { aud: "me" }, undefined],
    [matching, { aud: ["you", "me"] }, undefined],
    [matching, { aud: ["you"] }, "mismatched audience"],
    [matching, { aud: 7 }, "mismatched audience"],
    [matching, {}, "required audience claim not present"],
  ])("%j, claims %j: %s", (more, claims, expected) => {
    expect(claimsRefusal(conf(more), claims)).toBe(expected);
  });

  test.each([
    [3, 3000],
    [999, 999_000],
    [1000, 1000],
    [1500, 1_500_000],
    [3000, 3000],
  ])("timeout %i is %i ms", (timeout, expected) => {
    expect(timeoutMs(conf({ timeout }))).toBe(expected);
  });
});

test("a cache keeps for a time, and not more than its bound", () => {
  let now = 0;
  const cache = new TimedCache<object>(2, () => now);
  const [a, b, c] = [{}, {}, {}];
  cache.set("a", a, 10);
  cache.set("never", b, 0);
  expect(cache.get("never")).toBeUndefined();
  now = 9;
  expect(cache.get("a")).toBe(a);
  now = 10;
  expect(cache.get("a")).toBeUndefined();
  cache.set("a", a, 10);
  cache.set("b", b, 10);
  cache.set("c", c, 10);
  expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual([undefined, b, c]);
});

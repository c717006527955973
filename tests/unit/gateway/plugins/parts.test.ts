import { expect, test } from "vitest";
import { acceptsCoding } from "../../../../src/gateway/plugins/lib/compression.ts";
import { uuid7Maker } from "../../../../src/gateway/plugins/lib/uuid7.ts";
import { lastHop, parseAddress } from "../../../../src/gateway/plugins/real-ip.ts";
import { luaNumber } from "../../../../src/gateway/schema/lua.ts";
import { schemaProblem } from "../../../../src/gateway/schema/validator.ts";

test.each([
  [undefined, false],
  ["", false],
  ["gzip", true],
  ["GZIP", true],
  ["br, gzip;q=0.5", true],
  ["gzip;q=0", false],
  ["gzip;q=0.000", false],
  ["gzip; q=0.001", true],
  ["*", true],
  ["*;q=0", false],
  ["*, gzip;q=0", false],
  ["*;q=0, gzip", true],
  ["xgzip", false],
  ["identity", false],
])("Accept-Encoding %s allows gzip: %s", (header, accepts) => {
  expect(acceptsCoding(header, "gzip")).toBe(accepts);
});

test.each([
  ["1.2.3.4", { address: "1.2.3.4", port: 0 }],
  ["1.2.3.4:65535", { address: "1.2.3.4", port: 65_535 }],
  ["1.2.3.4:65536", undefined],
  ["1.2.3.4:", undefined],
  ["[::1]:1", { address: "::1", port: 1 }],
  ["[1.2.3.4]", undefined],
  ["::1", { address: "::1", port: 0 }],
  ["::1%eth0:1", undefined],
  ["", undefined],
])("address %s", (text, expected) => {
  expect(parseAddress(text)).toEqual(expected);
});

test("hops are looked at from the last one", () => {
  const trust = (address: string) => address.startsWith("10.");
  expect(lastHop("1.1.1.1, 2.2.2.2", undefined)).toBe("2.2.2.2");
  expect(lastHop("1.1.1.1,10.0.0.1,10.0.0.2", trust)).toBe("1.1.1.1");
  expect(lastHop("10.0.0.3, 10.0.0.2", trust)).toBe("10.0.0.3");
});

test.each([
  [0.00001, "1e-05"],
  [0.0001, "0.0001"],
  [-2.5e-7, "-2.5e-07"],
  [0.1, "0.1"],
  [1e-10, "1e-10"],
  [0, "0"],
  [3, "3"],
])("%d is printed as %s", (value, text) => {
  expect(luaNumber(value)).toBe(text);
});

test.each([
  [{ type: "object", properties: { type: { type: "string" } } }, undefined],
  [{ type: "test" }, "invalid JSON type: test"],
  [{ properties: { a: { items: [{ type: "text" }] } } }, "invalid JSON type: text"],
  [{ type: ["string", "text"] }, "invalid JSON type: text"],
  [{ type: "table" }, undefined],
  [{ properties: { a: { type: "function" } } }, undefined],
  [
    { properties: { a: { enum: "x" } } },
    "bad argument #1 to 'ipairs' (table expected, got string)",
  ],
  [{ required: 1 }, "bad argument #1 to 'ipairs' (table expected, got number)"],
  [{ enum: [{ type: "test" }], default: { type: "x" } }, undefined],
  [{ properties: { a: { pattern: "(" } } }, expect.stringContaining("(")],
])("%j as a schema: %s", (schema, problem) => {
  expect(schemaProblem(schema)).toEqual(problem);
});

test("UUIDs of version 7 rise, whatever the clock does", () => {
  const start = 1_700_000_000_000;
  let ms = start;
  const next = uuid7Maker(() => ms);
  const ids = Array.from({ length: 10_000 }, () => next());
  ms -= 5000;
  ids.push(next());
  ms = start + 60_000;
  ids.push(next());
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  const [first = "", last = ""] = [ids[0], ids.at(-1)];
  for (const id of [first, last]) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
  const timeOf = (id: string): number => Number.parseInt(id.replace("-", "").slice(0, 12), 16);
  expect([timeOf(first), timeOf(last)]).toEqual([start, start + 60_000]);
});

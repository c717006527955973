import { describe, expect, test } from "vitest";
import { newAuthKey, parseAuthKey } from "../../../src/admin/auth-key.ts";

const KEY = "k".repeat(64);

describe("a key that an operator gives", () => {
  test.each([
    ["23bc46b1-71f6-4ed5-8c54-816aa4f8c502", "23bc46b1-71f6-4ed5-8c54-816aa4f8c502"],
    ["{23BC46B1-71F6-4ED5-8C54-816AA4F8C502}", "23bc46b1-71f6-4ed5-8c54-816aa4f8c502"],
    ["23bc46b171f64ed58c54816aa4f8c502", "23bc46b1-71f6-4ed5-8c54-816aa4f8c502"],
    // Python's UUID(…, version=4) sets the digits of version and variant.
    ["00000000-0000-0000-0000-000000000000", "00000000-0000-4000-8000-000000000000"],
    ["ffffffff-ffff-ffff-ffff-ffffffffffff", "ffffffff-ffff-4fff-bfff-ffffffffffff"],
  ])("uuid %s becomes %s", (given, uuid) => {
    expect(parseAuthKey(`${given}:${KEY}`)).toEqual({ uuid, key: KEY });
  });

  test.each([
    ["not-a-uuid:x", "authorization id is not a valid UUID"],
    ["23bc46b1-71f6-4ed5-8c54-816aa4f8c50:x", "authorization id is not a valid UUID"],
    [
      `23bc46b1-71f6-4ed5-8c54-816aa4f8c502:${KEY.slice(1)}`,
      "authorization key must be at least 64 characters long",
    ],
    [
      "23bc46b1-71f6-4ed5-8c54-816aa4f8c502",
      "failed to determine authorization id and key: there is no colon",
    ],
  ])("%s is refused", (given, text) => {
    expect(parseAuthKey(given)).toBe(text);
  });
});

test("new keys are 64 letters and digits, and differ", () => {
  const keys = Array.from({ length: 50 }, () => newAuthKey());
  for (const { uuid, key } of keys) {
    expect(key).toMatch(/^[A-Za-z0-9]{64}$/);
    expect(parseAuthKey(`${uuid}:${key}`)).toEqual({ uuid, key });
  }
  expect(new Set(keys.map(({ key }) => key)).size).toBe(50);
});

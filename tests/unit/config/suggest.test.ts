import { expect, test } from "vitest";
import { isLoopback } from "../../../src/lib/loopback.ts";
import { suggest } from "../../../src/lib/suggest.ts";

const KEYS = ["api.port", "api.host", "limits", "log.level"];

test.each([
  ["api.prot", "api.port"],
  ["api.pot", "api.port"],
  ["API.PORT", "api.port"],
  ["limit", "limits"],
  ["log.levle", "log.level"],
])("%s is near to %s", (word, meant) => {
  expect(suggest(word, KEYS)).toBe(meant);
});

test.each(["", "x", "whisk", "completely.else"])("%j is near to nothing", (word) => {
  expect(suggest(word, KEYS)).toBeUndefined();
});

test.each(["localhost", "127.0.0.1", "127.1.2.3", "::1", "LOCALHOST"])("%s is loopback", (host) => {
  expect(isLoopback(host)).toBe(true);
});
test.each(["0.0.0.0", "::", "10.0.0.1", "127.example.org", "localhost.example.org"])(
  "%s is not loopback",
  (host) => {
    expect(isLoopback(host)).toBe(false);
  },
);

import { expect, test } from "vitest";
import { secureUrl } from "../../../src/edge/redirect.ts";

test.for([
  ["example.org", 443, "/a?b=c", "https://example.org/a?b=c"],
  ["example.org:80", 443, "/", "https://example.org/"],
  ["example.org:80", 8443, "/", "https://example.org:8443/"],
  ["[::1]:80", 8443, "/x", "https://[::1]:8443/x"],
  // What would lead elsewhere, or nowhere.
  ["", 443, "/", undefined],
  ["a b", 443, "/", undefined],
  ["evil.org/x", 443, "/", undefined],
  ["user@evil.org", 443, "/", undefined],
  ["example.org", 443, "http://evil.org/", undefined],
  ["example.org", 443, "*", undefined],
] as const)("%s to port %i with %s", ([host, port, url, target]) => {
  expect(secureUrl(host, port, url)).toBe(target);
});

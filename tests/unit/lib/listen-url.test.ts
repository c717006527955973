import { expect, test } from "vitest";
import { listenUrl } from "../../../src/lib/listen-url.ts";

test.each([
  ["127.0.0.1", "http://127.0.0.1:80"],
  ["0.0.0.0", "http://127.0.0.1:80"],
  ["::", "http://[::1]:80"],
  ["fd00::1", "http://[fd00::1]:80"],
  ["example.org", "http://example.org:80"],
])("%s", (host, url) => expect(listenUrl(host, 80)).toBe(url));

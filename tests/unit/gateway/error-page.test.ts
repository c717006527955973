import { expect, test } from "vitest";
import { errorPage, hasPage, reasonOf } from "../../../src/gateway/error-page.ts";

test.each([
  [302, "Moved Temporarily", "302 Found"],
  [401, "Unauthorized", "401 Authorization Required"],
  [404, "Not Found", "404 Not Found"],
  [405, "Not Allowed", "405 Not Allowed"],
  [429, "Too Many Requests", "429 Too Many Requests"],
  [503, "Service Temporarily Unavailable", "503 Service Temporarily Unavailable"],
])("%i: the status line and the page of nginx", (status, reason, title) => {
  expect(hasPage(status)).toBe(true);
  expect(reasonOf(status)).toBe(reason);
  expect(errorPage(status)).toContain(`<center><h1>${title}</h1></center>`);
});

test.each([
  200, 204, 300, 304, 305, 306, 407, 417, 418, 422, 426, 428, 431, 451, 499, 506, 508, 599,
])("%i has no page", (status) => {
  expect(hasPage(status)).toBe(false);
});

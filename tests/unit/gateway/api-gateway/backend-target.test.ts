import { expect, test } from "vitest";
import { backendTarget, targetParts } from "../../../../src/gateway/api-gateway/backend-target.ts";

const HTTP = "https://host/api/v1/web/guest/default/hello.http$(request.path)";
const JSON_URL = "https://host/api/v1/web/guest/default/hello.json";

test.each<[string, string, string, string, string]>([
  ["the whole path", HTTP, "club/books/1", "club/books/{i}", "/hello.http/club/books/1"],
  ["nothing", JSON_URL, "club/books", "club/books", "/hello.json"],
  ["what is beyond the resource", JSON_URL, "club/books/a/b", "club/books", "/hello.json/a/b"],
  ["nothing for one with parameters", JSON_URL, "club/books/1", "club/books/{i}", "/hello.json"],
  ["nothing for the root", JSON_URL, "club", "club/", "/hello.json"],
])("%s goes to the backend", (_, url, called, resource, expected) => {
  const path = backendTarget(url, { called, below: `/${called}`, resource });
  expect(path).toBe(`/api/v1/web/guest/default${expected}`);
});

test("a target without a path gets what is beyond the resource, or the root", () => {
  const at = (called: string) =>
    backendTarget("http://host", { called, below: `/${called}`, resource: "c" });
  expect(at("c")).toBe("/");
  expect(at("c/x")).toBe("/x");
});

test("a slash before $(request.path) is not doubled", () => {
  const called = { called: "c/x", below: "/c/x", resource: "c/x" };
  expect(backendTarget("http://host/base/$(request.path)", called)).toBe("/base/c/x");
});

test.each([
  ["https://Host:8443/a/b?c=d", { origin: "https://host:8443", path: "/a/b", query: "c=d" }],
  ["host/a", { origin: "http://host", path: "/a", query: "" }],
  ["ftp://host/a", { origin: undefined, path: "/a", query: "" }],
  ["", { origin: undefined, path: "", query: "" }],
])("the parts of %j", (url, expected) => {
  expect(targetParts(url)).toEqual(expected);
});

import { describe, expect, test } from "vitest";
import { DESCENDANTS_MAX, postArg, postPath } from "../../../src/gateway/body-variables.ts";
import { ClientRequest } from "../../../src/gateway/client-request.ts";
import { HeaderList } from "../../../src/gateway/header-list.ts";
import { RequestContext } from "../../../src/gateway/request-context.ts";
import { requestHead } from "../../helpers/request-head.ts";

function contextOf(contentType: string, body: string): RequestContext {
  const headers = HeaderList.from({ "content-type": contentType });
  const request = new ClientRequest(requestHead({ headers }), undefined);
  request.setBody(body);
  const end = { address: "127.0.0.1", port: 1 };
  return new RequestContext(request, { peer: end, local: end, id: 1, isRefused: false }, 0);
}

describe("a body that its type calls both a form and JSON", () => {
  const type = "application/x-www-form-urlencoded; application/json";

  test("is each of them to who asks for it, in either order", () => {
    const first = contextOf(type, '{"x":1}');
    expect([postPath(first, "x"), postArg(first, "x")]).toEqual([1, undefined]);
    const second = contextOf(type, "x=1");
    expect([postArg(second, "x"), postPath(second, "x")]).toEqual(["1", undefined]);
  });
});

describe("two dots in a path", () => {
  const find = (body: string, path: string) => postPath(contextOf("application/json", body), path);

  test("find members at any depth, in the order of the document", () => {
    const body = '{"a":{"n":1,"list":[{"n":2},{"m":{"n":3}}]},"n":4}';
    expect(find(body, "a..n")).toEqual([1, 2, 3]);
    expect(find(body, "list..n")).toBeUndefined();
  });

  test("find each of them once, however often they are in the path", () => {
    const depth = 300;
    const body = `${'{"a":'.repeat(depth)}{"n":1}${"}".repeat(depth)}`;
    expect(find(body, "a..a..n")).toEqual([1]);
    expect(find(body, "a..a..*")).toHaveLength(depth - 1);
  });

  test("look through so many values, and find none in a larger document", () => {
    // The array, its first member and what is in that.
    const body = (values: number) => `{"a":[{"n":1}${",0".repeat(values - 3)}]}`;
    expect(find(body(DESCENDANTS_MAX), "a..n")).toEqual([1]);
    expect(find(body(DESCENDANTS_MAX + 1), "a..n")).toBeUndefined();
  });
});

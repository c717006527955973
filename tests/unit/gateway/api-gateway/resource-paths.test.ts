import { describe, expect, test } from "vitest";
import { gatewayPath, ResourcePaths } from "../../../../src/gateway/api-gateway/resource-paths.ts";
import { cpuMsOf } from "../../../helpers/cpu-time.ts";
import { fc } from "../../../helpers/property.ts";

function find(paths: readonly string[], path: string): string | undefined {
  return new ResourcePaths(paths.map((one) => ({ id: one, path: one }))).find(path)?.path;
}

describe("the resource behind a path", () => {
  test.each<[string, readonly string[], string, string | undefined]>([
    ["the exact path", ["club/books", "club"], "club/books", "club/books"],
    ["a parameter", ["club/books/{isbn}"], "club/books/978", "club/books/{isbn}"],
    ["two parameters", ["c/{a}/x/{b}"], "c/1/x/2", "c/{a}/x/{b}"],
    ["a parameter within a segment", ["c/v{n}.json"], "c/v12.json", "c/v{n}.json"],
    ["a parameter stands for one character or more", ["c/v{n}.json"], "c/v.json", undefined],
    ["a literal path before a parameter", ["c/{a}", "c/new"], "c/new", "c/new"],
    ["a deeper path falls back to a shorter one", ["c/books"], "c/books/1/2", "c/books"],
    ["down to the root of the API", ["c/"], "c/no/such", "c/"],
    ["the root with and without its slash", ["c/"], "c", "c/"],
    ["the deepest one wins", ["c/a", "c/{x}/b"], "c/a/b", "c/{x}/b"],
    ["names of letters and digits alone", ["c/{book_id}"], "c/1", undefined],
    ["nor with a dash", ["c/{book-id}"], "c/1", undefined],
    ["text after the last parameter is a beginning", ["c/{x}/b"], "c/1/bcd", "c/{x}/b"],
    ["but not in a segment before", ["c/{x}y/b"], "c/1yz/b", undefined],
    ["nothing", ["c/a"], "d/a", undefined],
    ["nothing at all", [], "d", undefined],
  ])("%s", (_, resources, path, expected) => {
    expect(find(resources, path)).toBe(expected);
  });

  test("of two with the same path the later one counts", () => {
    const paths = new ResourcePaths([
      { id: "1", path: "c/{x}" },
      { id: "2", path: "c/{x}" },
    ]);
    expect(paths.find("c/1")?.id).toBe("2");
  });

  test("a long path with many parameters is answered at once", () => {
    const key = `c/${"{a}-".repeat(30)}z`;
    const look = () => find([`${key}/end`], `c/${"x-".repeat(8000)}/no`);
    expect(look()).toBeUndefined();
    expect(cpuMsOf(look)).toBeLessThan(500);
  });

  test("a path made of a resource finds it or one as deep", () => {
    const segment = fc.oneof(
      fc.stringMatching(/^[a-z]{1,3}$/),
      fc.stringMatching(/^\{[a-z]{1,3}\}$/),
    );
    const resource = fc.array(segment, { minLength: 1, maxLength: 5 }).map((all) => all.join("/"));
    fc.assert(
      fc.property(fc.array(resource, { minLength: 1, maxLength: 8 }), (all) => {
        const [first = ""] = all;
        const called = first.replaceAll(/\{[a-z]+\}/g, "value");
        const found = find(all, called);
        expect(found?.split("/").length).toBe(first.split("/").length);
      }),
    );
  });
});

test.each<[string, ReturnType<typeof gatewayPath>]>([
  ["/api/t-1/club/books", { tenant: "t-1", path: "club/books" }],
  ["/api/t/a b.c_{d}", { tenant: "t", path: "a b.c_{d}" }],
  ["/api/t/club/bo@ok", { tenant: "t", path: "club/bo" }],
  ["/api/t/club  ", { tenant: "t", path: "club" }],
  ["/api/t/", { tenant: "t", path: "" }],
  ["/api/t", { tenant: "t", path: "" }],
  ["/api/t@x/y", undefined],
  ["/apis/t/x", undefined],
  ["/api", undefined],
])("%s is read as the original's location does", (path, expected) => {
  expect(gatewayPath(path)).toEqual(expected);
});

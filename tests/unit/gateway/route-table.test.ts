import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import type { Json } from "../../../src/core/documents.ts";
import { compilePredicates, type MatchInput } from "../../../src/gateway/routing/predicates.ts";
import { type RouterMode, RouteTable } from "../../../src/gateway/routing/route-table.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

type Row = {
  readonly id: string;
  readonly uri: string | readonly string[];
  readonly hosts?: readonly string[];
  readonly priority?: number;
  readonly methods?: readonly string[];
  readonly addresses?: readonly string[];
  readonly vars?: Json;
};

function tableOf(mode: RouterMode, rows: readonly Row[]): RouteTable<string> {
  const table = new RouteTable<string>(mode);
  for (const [order, row] of rows.entries()) table.put(specOf(row, order));
  return table;
}

function specOf(row: Row, order: number): Parameters<RouteTable<string>["put"]>[0] {
  const { id, uri, hosts, priority = 0, methods, addresses, vars } = row;
  return {
    id,
    uris: typeof uri === "string" ? [uri] : uri,
    hosts,
    priority,
    order,
    predicates: compilePredicates({
      ...(methods === undefined ? {} : { methods }),
      ...(addresses === undefined ? {} : { remoteAddresses: addresses }),
      ...(vars === undefined ? {} : { vars }),
    }),
    route: id,
  };
}

function input(path: string, rest: Partial<MatchInput> = {}): MatchInput {
  const host = rest.host ?? "example.com";
  return {
    method: "GET",
    path,
    host,
    authority: rest.authority ?? host,
    remoteAddress: "10.0.0.1",
    lookup: () => undefined,
    ...rest,
  };
}

const HOST_URI: RouterMode = "radixtree_host_uri";
const URI: RouterMode = "radixtree_uri";
const PARAMETER: RouterMode = "radixtree_uri_with_parameter";

describe("paths", () => {
  test.each<[RouterMode, string, string, string | undefined, object]>([
    [HOST_URI, "/a/b", "/a/b", "r", {}],
    [HOST_URI, "/a/b", "/a/B", undefined, {}],
    [HOST_URI, "/a/b", "/a/b/", undefined, {}],
    [HOST_URI, "/a/*", "/a/", "r", { ":ext": "" }],
    [HOST_URI, "/a/*", "/a", undefined, {}],
    [HOST_URI, "/a/*", "/a/b/c", "r", { ":ext": "b/c" }],
    [HOST_URI, "/a*", "/a", "r", {}],
    [HOST_URI, "/a*", "/abc", "r", {}],
    [HOST_URI, "/a*", "/a/b", "r", {}],
    [HOST_URI, "/a/*rest", "/a/x/y", "r", { rest: "x/y" }],
    [HOST_URI, "/a/*/c", "/a/b/c", "r", { ":ext": "b" }],
    [HOST_URI, "/a/*/c", "/a/b/d", undefined, {}],
    [HOST_URI, "/a/*/c", "/a/x/y/c", "r", { ":ext": "x/y" }],
    [HOST_URI, "/*", "/anything", "r", { ":ext": "anything" }],
    [HOST_URI, "*", "/anything", "r", { ":ext": "/anything" }],
    [HOST_URI, "/:name/x", "/jack/x", undefined, {}],
    [HOST_URI, "/:name/x", "/:name/x", "r", {}],
    [PARAMETER, "/:name/x", "/jack/x", "r", { name: "jack" }],
    [PARAMETER, "/:name/x", "/jack/y", undefined, {}],
    [PARAMETER, "/:name/x", "/a/b/x", undefined, {}],
    [PARAMETER, "/user/:id/*", "/user/7/a/b", "r", { id: "7", ":ext": "a/b" }],
    [PARAMETER, "/a.b/:id", "/aXb/1", undefined, {}],
  ])("%s: %s and %s", (mode, uri, path, route, params) => {
    const match = tableOf(mode, [{ id: "r", uri }]).match(input(path));
    expect(match?.route).toBe(route);
    if (route !== undefined) expect(match?.params).toEqual(params);
  });
});

describe("order", () => {
  test.each<[string, readonly Row[], string, string]>([
    [
      "exact before prefix, whatever the priority",
      [
        { id: "prefix", uri: "/*", priority: 9 },
        { id: "exact", uri: "/a/b" },
      ],
      "/a/b",
      "exact",
    ],
    [
      "longer prefix first, whatever the priority",
      [
        { id: "short", uri: "/*", priority: 9 },
        { id: "long", uri: "/a/*" },
      ],
      "/a/b",
      "long",
    ],
    [
      "priority among the same path",
      [
        { id: "low", uri: "/a" },
        { id: "high", uri: "/a", priority: 1 },
      ],
      "/a",
      "high",
    ],
    [
      "age among equals",
      [
        { id: "old", uri: "/a" },
        { id: "new", uri: "/a" },
      ],
      "/a",
      "old",
    ],
    [
      "from the exact path that refuses on to the prefix",
      [
        { id: "exact", uri: "/a", methods: ["POST"] },
        { id: "prefix", uri: "/*" },
      ],
      "/a",
      "prefix",
    ],
    [
      "one of several paths",
      [
        { id: "many", uri: ["/x", "/y/*"] },
        { id: "all", uri: "/*" },
      ],
      "/y/1",
      "many",
    ],
  ])("%s", (_, rows, path, expected) => {
    expect(tableOf(HOST_URI, rows).match(input(path))?.route).toBe(expected);
    expect(tableOf(URI, rows).match(input(path))?.route).toBe(expected);
  });
});

describe("hosts", () => {
  const rows: readonly Row[] = [
    { id: "any", uri: "/hello" },
    { id: "host", uri: "/*", hosts: ["foo.com"] },
    { id: "suffix", uri: "/*", hosts: ["*.foo.com"] },
    { id: "longer", uri: "/*", hosts: ["*.bar.foo.com"] },
  ];

  test.each<[RouterMode, string, string | undefined, string | undefined]>([
    [HOST_URI, "foo.com", "host", "foo.com"],
    [HOST_URI, "a.foo.com", "suffix", "*.foo.com"],
    [HOST_URI, "a.b.foo.com", "suffix", "*.foo.com"],
    [HOST_URI, "x.bar.foo.com", "longer", "*.bar.foo.com"],
    [HOST_URI, "other.com", "any", undefined],
    [URI, "foo.com", "any", undefined],
    [URI, "other.com", "any", undefined],
  ])("%s: %s", (mode, host, expected, pattern) => {
    const match = tableOf(mode, rows).match(input("/hello", { host }));
    expect([match?.route, match?.host]).toEqual([expected, pattern]);
  });

  test("upper case in the configuration is no different", () => {
    const table = tableOf(HOST_URI, [{ id: "r", uri: "/*", hosts: ["FOO.com"] }]);
    expect(table.match(input("/", { host: "foo.com" }))?.route).toBe("r");
  });

  test("a port in the host only counts where the path is looked at first", () => {
    const row = { id: "r", uri: "/*", hosts: ["foo.com:9080"] };
    const asked = input("/", { host: "foo.com", authority: "foo.com:9080" });
    expect(tableOf(URI, [row]).match(asked)?.route).toBe("r");
    expect(tableOf(URI, [row]).match(input("/", { host: "foo.com" }))).toBeUndefined();
    expect(tableOf(HOST_URI, [row]).match(asked)).toBeUndefined();
  });

  test("a host without a match gives way to routes of any host", () => {
    const table = tableOf(HOST_URI, [
      { id: "host", uri: "/only", hosts: ["foo.com"] },
      { id: "any", uri: "/*" },
    ]);
    expect(table.match(input("/else", { host: "foo.com" }))?.route).toBe("any");
  });
});

describe("other demands", () => {
  const lookup = (name: string): string | undefined => (name === "arg_v" ? "1" : undefined);

  test.each<[Row, Partial<MatchInput>, boolean]>([
    [{ id: "r", uri: "/", methods: ["GET", "PUT"] }, { method: "PUT" }, true],
    [{ id: "r", uri: "/", methods: ["GET"] }, { method: "POST" }, false],
    [{ id: "r", uri: "/", methods: [] }, { method: "POST" }, true],
    [{ id: "r", uri: "/", addresses: ["10.0.0.0/8"] }, {}, true],
    [{ id: "r", uri: "/", addresses: ["192.168.0.1", "::1"] }, {}, false],
    [{ id: "r", uri: "/", addresses: ["::1"] }, { remoteAddress: "::1" }, true],
    [{ id: "r", uri: "/", vars: [["arg_v", "==", "1"]] }, { lookup }, true],
    [{ id: "r", uri: "/", vars: [["arg_v", "==", "2"]] }, { lookup }, false],
    [{ id: "r", uri: "/", vars: [] }, {}, true],
  ])("%j with %j: %s", (row, rest, matches) => {
    expect(tableOf(HOST_URI, [row]).match(input("/", rest)) !== undefined).toBe(matches);
  });
});

describe("changes", () => {
  test("a route is replaced and removed without a trace", () => {
    const table = tableOf(HOST_URI, [
      { id: "r", uri: ["/a", "/b/*"], hosts: ["*.foo.com", "x.com"] },
    ]);
    table.put(specOf({ id: "r", uri: "/c" }, 0));
    expect(table.size).toBe(1);
    expect(table.match(input("/a", { host: "x.com" }))).toBeUndefined();
    expect(table.match(input("/b/1", { host: "y.foo.com" }))).toBeUndefined();
    expect(table.match(input("/c"))?.route).toBe("r");
    table.delete("r");
    expect(table.match(input("/c"))).toBeUndefined();
    expect(table.size).toBe(0);
  });

  test("ten thousand routes take at most 5 KB each", () => {
    collect();
    const before = process.memoryUsage().heapUsed;
    const rows = Array.from({ length: 10_000 }, (_, at) => ({
      id: `r${at}`,
      uri: at % 2 === 0 ? `/api/v${at % 7}/thing-${at}` : `/app-${at}/*`,
      methods: ["GET", "POST"],
    }));
    const table = tableOf(HOST_URI, rows);
    collect();
    const bytes = process.memoryUsage().heapUsed - before;
    expect(table.match(input("/app-9999/x"))?.route).toBe("r9999");
    expect(bytes / rows.length).toBeLessThan(5 * 1024);
  });
});

import { readdir, rm, writeFile } from "node:fs/promises";
import { request as open } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import type { Plugin } from "../../../../src/gateway/plugin.ts";
import { PLUGINS } from "../../../../src/gateway/plugins/table.ts";
import {
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from "../../../helpers/gateway.ts";
import type { Answer, RequestOptions } from "../../../helpers/http.ts";
import { type TempDir, tempDir } from "../../../helpers/temp-dir.ts";
import { waitFor } from "../../../helpers/wait-for.ts";

let gateway: TestGateway;
let upstream: TestUpstream;
let dir: TempDir;
let folder: string;
let clock = 1_000_000_000_000;
let id = 0;
let headers: Record<string, string | string[]> = {};
let status = 200;
let text = "";

const ZONE_BYTES = 200_000;

const zones = (path = folder): JsonObject[] => [
  { name: "disk", disk_path: path, disk_size: `${ZONE_BYTES}`, cache_levels: "1:2" },
  { name: "memory", memory_size: `${ZONE_BYTES}` },
];

beforeAll(async () => {
  dir = await tempDir("cache");
  folder = dir.path;
  gateway = await startGateway({
    now: () => clock,
    plugins: [...PLUGINS, testAuth],
    pluginAttributes: { "proxy-cache": { cache_ttl: "20s", zones: zones() } },
  });
  upstream = await startUpstream((_, response) => {
    response
      .writeHead(status, headers)
      .end(text === "" ? `answer ${upstream.received.length}` : text);
  });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
  await dir[Symbol.asyncDispose]();
});

beforeEach(() => {
  id++;
  headers = {};
  status = 200;
  text = "";
});

/** Takes the client's word for who it is. */
const testAuth: Plugin = {
  name: "test-auth",
  version: 0.1,
  priority: 2500,
  schema: { type: "object" },
  create: ({ consumers }) => ({
    rewrite: (_, ctx) => {
      const consumer = consumers.byName(ctx.request.headers.get("x-user") ?? "");
      if (consumer instanceof Promise) {
        return consumer.then((one) => {
          if (one !== undefined) ctx.attachConsumer(one);
          return undefined;
        });
      }
      if (consumer !== undefined) ctx.attachConsumer(consumer);
      return undefined;
    },
  }),
};

type Strategy = "memory" | "disk";

async function route(strategy: Strategy, conf: JsonObject = {}, more: JsonObject = {}) {
  await gateway.put(`/routes/${id}`, {
    uri: `/${id}/*`,
    plugins: {
      "proxy-cache": { cache_strategy: strategy, cache_zone: strategy, ...conf },
      ...more,
    },
    upstream: upstream.upstream,
  });
}

function ask(path = "a", options: RequestOptions = {}, on = gateway): Promise<Answer> {
  return on.send(`/${id}/${path}`, options);
}

/** What the cache says of each, one after the other. */
async function states(count: number, path = "a", options: RequestOptions = {}): Promise<string[]> {
  const list: string[] = [];
  for (let at = 0; at < count; at++) {
    const answer = await ask(path, options);
    list.push(String(answer.headers["apisix-cache-status"]));
  }
  return list;
}

describe.each<Strategy>(["memory", "disk"])("%s", (strategy) => {
  test("the second answer comes from the cache, byte for byte", async () => {
    headers = { "content-type": "a/b", "x-list": ["1", "2"], etag: '"e"' };
    await route(strategy);
    const first = await ask();
    const before = upstream.received.length;
    const second = await ask();
    expect(second.headers["apisix-cache-status"]).toBe("HIT");
    expect([second.status, second.text]).toEqual([200, first.text]);
    expect(second.headers).toMatchObject({ "content-type": "a/b", etag: '"e"' });
    expect(second.lines["x-list"]).toEqual(["1", "2"]);
    expect(second.headers["content-length"]).toBe(String(first.text.length));
    expect(upstream.received.length).toBe(before);
  });

  test("query and host are part of the key", async () => {
    await route(strategy);
    expect(await states(2, "a?x=1")).toEqual(["MISS", "HIT"]);
    expect(await states(1, "a?x=2")).toEqual(["MISS"]);
    expect(await states(1, "a?x=1", { headers: { host: "b.test" } })).toEqual(["MISS"]);
  });

  test("paths that differ in bytes which are no text are two", async () => {
    await route(strategy);
    expect(await states(2, "%FE")).toEqual(["MISS", "HIT"]);
    expect(await states(2, "%FF")).toEqual(["MISS", "HIT"]);
  });

  test("a key of one's own", async () => {
    await route(strategy, { cache_key: ["k", "$arg_x"] });
    expect(await states(1, `a?x=${id}`)).toEqual(["MISS"]);
    expect(await states(1, `b?x=${id}&y`)).toEqual(["HIT"]);
  });

  test("an answer gets too old", async () => {
    await route(strategy, { cache_ttl: 20 });
    expect(await states(1)).toEqual(["MISS"]);
    clock += 19_999;
    expect(await states(1)).toEqual(["HIT"]);
    clock += 1;
    expect(await states(2)).toEqual(["EXPIRED", "HIT"]);
  });

  test("PURGE", async () => {
    await route(strategy);
    await states(1);
    const purge = () => ask("a", { method: "PURGE" });
    expect((await purge()).status).toBe(200);
    expect((await purge()).status).toBe(404);
    expect(await states(1)).toEqual(["MISS"]);
  });

  test.each([
    [404, ["MISS", "HIT"]],
    [500, ["MISS", "MISS"]],
    [204, ["MISS", "MISS"]],
  ])("status %i", async (given, expected) => {
    status = given;
    await route(strategy);
    expect(await states(2)).toEqual(expected);
  });

  test("statuses of one's own", async () => {
    status = 201;
    await route(strategy, { cache_http_status: [201] });
    expect(await states(2)).toEqual(["MISS", "HIT"]);
    expect((await ask()).status).toBe(201);
  });

  test("a HEAD is answered from what a GET has brought, never the other way round", async () => {
    await route(strategy);
    expect(await states(2, "a", { method: "HEAD" })).toEqual(["MISS", "MISS"]);
    await states(1);
    const head = await ask("a", { method: "HEAD" });
    expect([head.status, head.text]).toEqual([200, ""]);
    expect(head.headers["apisix-cache-status"]).toBe("HIT");
    expect(Number(head.headers["content-length"])).toBeGreaterThan(5);
  });

  test("bypass and no_cache", async () => {
    await route(strategy, { cache_bypass: ["$arg_b"], no_cache: ["$arg_n"] });
    expect(await states(2, "a?n=1")).toEqual(["MISS", "MISS"]);
    expect(await states(2, "a?n=0")).toEqual(["MISS", "HIT"]);
    expect(await states(1, "a?b=1")).toEqual(["BYPASS"]);
    expect(await states(1, "a?b=0")).toEqual(["MISS"]);
  });

  test.each(["private", "no-store", "no-cache", "No-Store, max-age=9"])(
    "Cache-Control: %s",
    async (value) => {
      headers = { "cache-control": value };
      await route(strategy);
      expect(await states(2)).toEqual(["MISS", "MISS"]);
    },
  );

  test("cookies are nobody else's", async () => {
    headers = { "set-cookie": "a=b" };
    await route(strategy);
    expect(await states(2)).toEqual(["MISS", "MISS"]);
  });

  test("Vary: variants, order, and a purge of all", async () => {
    headers = { vary: "X-B, Accept" };
    await route(strategy);
    const ask = (accept: string, count: number) => states(count, "a", { headers: { accept } });
    expect(await ask("x", 2)).toEqual(["MISS", "HIT"]);
    expect(await ask("y", 2)).toEqual(["MISS", "HIT"]);
    headers = { vary: "accept,x-b" };
    expect(await ask("z", 2)).toEqual(["MISS", "HIT"]);
    expect(await ask("x", 1)).toEqual(["HIT"]);
    expect((await gateway.send(`/${id}/a`, { method: "PURGE" })).status).toBe(200);
    expect(await ask("x", 1)).toEqual(["MISS"]);
  });

  test("Vary: * fits nobody twice", async () => {
    headers = { vary: "accept, *" };
    await route(strategy);
    expect(await states(2)).toEqual(["MISS", "MISS"]);
  });

  test("hidden headers of the cache", async () => {
    headers = { "cache-control": "max-age=60", expires: "Thu, 01 Jan 2037 00:00:00 GMT" };
    await route(strategy, { hide_cache_headers: true });
    for (let count = 0; count < 2; count++) {
      const answer = await ask();
      expect(answer.headers["cache-control"]).toBeUndefined();
      expect(answer.headers["expires"]).toBeUndefined();
    }
    expect(await states(1)).toEqual(["HIT"]);
  });

  test("a client that has it gets a 304", async () => {
    headers = { etag: '"e"', "last-modified": "Thu, 01 Jan 2015 00:00:00 GMT" };
    await route(strategy);
    await states(1);
    const conditional = (given: Record<string, string>) => ask("a", { headers: given });
    expect((await conditional({ "if-none-match": 'W/"e", "f"' })).status).toBe(304);
    expect((await conditional({ "if-none-match": '"f"' })).status).toBe(200);
    const since = { "if-modified-since": "Thu, 01 Jan 2015 00:00:00 GMT" };
    expect((await conditional(since)).status).toBe(304);
  });

  test("consumers have answers of their own, unless they share", async () => {
    for (const username of ["jack", "rose"])
      await gateway.put(`/consumers/${username}`, { username });
    await route(strategy, {}, { "test-auth": {} });
    for (const user of ["jack", "rose"]) {
      expect(await states(2, "a", { headers: { "x-user": user } })).toEqual(["MISS", "HIT"]);
    }
    await route(strategy, { consumer_isolation: false }, { "test-auth": {} });
    expect(await states(1, "b", { headers: { "x-user": "jack" } })).toEqual(["MISS"]);
    expect(await states(1, "b", { headers: { "x-user": "rose" } })).toEqual(["HIT"]);
  });

  test("users of Basic credentials have answers of their own", async () => {
    await route(strategy);
    for (const auth of ["ada:1", "bob:1"]) {
      expect(await states(2, "a", { auth })).toEqual(["MISS", "HIT"]);
    }
    expect(await states(1)).toEqual(["MISS"]);
  });

  test("an answer that breaks off is not stored", async () => {
    await using broken = await startUpstream((_, response) => {
      response.writeHead(200, { "content-length": 100 });
      response.write("half", () => response.destroy());
    });
    await gateway.put(`/routes/${id}`, {
      uri: `/${id}/*`,
      plugins: { "proxy-cache": { cache_strategy: strategy, cache_zone: strategy } },
      upstream: broken.upstream,
    });
    for (let count = 0; count < 2; count++) {
      await expect(ask()).rejects.toThrow();
    }
    expect(broken.received.length).toBe(2);
  });

  test("a client that leaves: nothing half is stored", async () => {
    const unfinished: (() => void)[] = [];
    await using slow = await startUpstream((_, response) => {
      response.writeHead(200, { "content-length": 10 });
      response.write("12345");
      unfinished.push(() => response.end("67890"));
    });
    await gateway.put(`/routes/${id}`, {
      uri: `/${id}/*`,
      plugins: { "proxy-cache": { cache_strategy: strategy, cache_zone: strategy } },
      upstream: slow.upstream,
    });
    const leaving = open(`${gateway.url}/${id}/a`, { agent: false });
    leaving.on("error", () => undefined);
    leaving.on("response", (incoming) => {
      incoming.on("error", () => undefined);
      incoming.once("data", () => leaving.destroy());
    });
    leaving.end();
    await waitFor("the request", () => unfinished.length === 1 && leaving.destroyed);
    const whole = ask();
    await waitFor("a second request", () => unfinished.length === 2);
    unfinished[1]?.();
    expect((await whole).text).toBe("1234567890");
  });

  test("simultaneous first requests: each is answered, one answer is kept", async () => {
    text = "y".repeat(5_000);
    await route(strategy);
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask()));
    expect(new Set(answers.map((one) => one.text))).toEqual(new Set([text]));
    expect(await states(2)).toEqual(["HIT", "HIT"]);
    // What was being stored has given back its share of the zone: there is room for this.
    text = "z".repeat(ZONE_BYTES - 5_000);
    expect(await states(2, "large")).toEqual(["MISS", "HIT"]);
  });

  test("the zone is bounded: the oldest answers give way", async () => {
    text = "x".repeat(20_000);
    await route(strategy);
    for (let at = 0; at < 15; at++) await states(1, `n${at}`);
    expect(await states(1, "n14")).toEqual(["HIT"]);
    expect(await states(1, "n0")).toEqual(["MISS"]);
    text = "x".repeat(ZONE_BYTES + 1);
    expect(await states(2, "large")).toEqual(["MISS", "MISS"]);
  });
});

describe("memory only", () => {
  test("age, and a method that is not cached", async () => {
    await route("memory");
    await ask();
    clock += 7_400;
    expect((await ask()).headers["age"]).toBe("7");
    expect(await states(1, "a", { method: "POST" })).toEqual(["MISS"]);
  });

  test("max_resp_body_size", async () => {
    text = "12345";
    await route("memory", { max_resp_body_size: 5 });
    expect(await states(2)).toEqual(["MISS", "MISS"]);
    await route("memory", { max_resp_body_size: 6 });
    expect(await states(2)).toEqual(["MISS", "HIT"]);
  });

  test("cookies, if wished", async () => {
    headers = { "set-cookie": "a=b" };
    await route("memory", { cache_set_cookie: true });
    expect(await states(2)).toEqual(["MISS", "HIT"]);
  });

  test("cache_control: how long the answer is kept is its own say", async () => {
    await route("memory", { cache_control: true });
    expect(await states(2)).toEqual(["MISS", "MISS"]);
    headers = { "cache-control": "max-age=5, s-maxage=10" };
    expect(await states(2)).toEqual(["MISS", "HIT"]);
    clock += 10_000;
    headers = { expires: new Date(clock + 3_000).toUTCString() };
    expect(await states(2)).toEqual(["EXPIRED", "HIT"]);
  });

  test("cache_control: what the client wants", async () => {
    headers = { "cache-control": "max-age=60" };
    await route("memory", { cache_control: true });
    const wish = (value: string) => states(1, "a", { headers: { "cache-control": value } });
    expect((await ask("a", { headers: { "cache-control": "only-if-cached" } })).status).toBe(504);
    expect(await wish("max-age=0")).toEqual(["MISS"]);
    clock += 20_000;
    expect(await wish("max-age=20")).toEqual(["HIT"]);
    expect(await wish("max-age=19")).toEqual(["STALE"]);
    clock += 20_000;
    expect(await wish("min-fresh=40")).toEqual(["HIT"]);
    expect(await wish("min-fresh=41")).toEqual(["STALE"]);
    expect(await wish("no-cache")).toEqual(["BYPASS"]);
    expect(await wish("no-store")).toEqual(["BYPASS"]);
  });

  test("answers of plugins are kept too", async () => {
    await route("memory", {}, { "response-rewrite": { body: "rewritten" } });
    expect(await states(2)).toEqual(["MISS", "HIT"]);
    expect((await ask()).text).toBe("rewritten");
  });
});

describe("disk only", () => {
  test("a method that is not cached goes by", async () => {
    await route("disk");
    expect(await states(2, "a", { method: "POST" })).toEqual(["BYPASS", "BYPASS"]);
  });

  test.each<[string, Record<string, string>, number]>([
    ["X-Accel-Expires", { "x-accel-expires": "7", "cache-control": "max-age=60" }, 7],
    ["s-maxage", { "cache-control": "max-age=60, s-maxage=8" }, 8],
    ["max-age", { "cache-control": "max-age=9" }, 9],
    ["nothing said", {}, 20],
  ])("how long: %s", async (_, given, seconds) => {
    headers = given;
    await route("disk");
    await states(1);
    clock += seconds * 1000 - 1;
    expect(await states(1)).toEqual(["HIT"]);
    clock += 1;
    expect(await states(1)).toEqual(["EXPIRED"]);
  });

  test("what is stored is fetched whole", async () => {
    await route("disk");
    await ask("a", { headers: { range: "bytes=0-1", "if-none-match": '"x"' } });
    const { headers: sent } = upstream.last();
    expect([sent.range, sent["if-none-match"]]).toEqual([undefined, undefined]);
  });

  test("a restart finds the answers again, and clears what is damaged", async () => {
    await using temporary = await tempDir("cache");
    const own = temporary.path;
    const attributes = { "proxy-cache": { zones: zones(own) } };
    const conf = {
      uri: `/${id}/*`,
      plugins: { "proxy-cache": { cache_strategy: "disk", cache_zone: "disk" } },
      upstream: upstream.upstream,
    };
    {
      await using first = await startGateway({ pluginAttributes: attributes });
      await first.put("/routes/1", conf);
      text = "kept";
      await ask("a", {}, first);
      await waitFor("a file", async () => {
        const { headers: told } = await ask("a", {}, first);
        return told["apisix-cache-status"] === "HIT";
      });
    }
    await writeFile(join(own, "damaged"), "not an answer");
    await writeFile(join(own, "unfinished.part"), "half an");
    text = "new";
    await using second = await startGateway({ pluginAttributes: attributes });
    await second.put("/routes/1", conf);
    const another = await ask("b", {}, second);
    expect(another.text).toBe("new");
    await waitFor("the old answer", async () => {
      const answer = await ask("a", {}, second);
      return answer.headers["apisix-cache-status"] === "HIT" && answer.text === "kept";
    });
    await waitFor("order", async () => {
      const files = await readdir(own);
      return !files.includes("damaged") && !files.includes("unfinished.part");
    });
  });

  test("files that somebody has removed are fetched anew", async () => {
    await route("disk");
    expect(await states(2)).toEqual(["MISS", "HIT"]);
    for (const name of await readdir(folder))
      await rm(join(folder, name), { recursive: true, force: true });
    expect(await states(2)).toEqual(["MISS", "HIT"]);
  });

  test("a folder that cannot be used stops nobody", async () => {
    await using temporary = await tempDir("cache");
    const own = temporary.path;
    await writeFile(join(own, "file"), "");
    const attributes = { "proxy-cache": { zones: zones(join(own, "file", "cache")) } };
    await using other = await startGateway({ pluginAttributes: attributes });
    await other.put("/routes/1", {
      uri: `/${id}/*`,
      plugins: { "proxy-cache": { cache_strategy: "disk", cache_zone: "disk" } },
      upstream: upstream.upstream,
    });
    for (let count = 0; count < 2; count++) {
      const answer = await ask("a", {}, other);
      expect([answer.status, answer.headers["apisix-cache-status"]]).toEqual([200, "MISS"]);
    }
    await waitFor("a line of the log", () =>
      other.logs().some(({ msg }) => msg === "a cache on disk cannot be used"),
    );
  });
});

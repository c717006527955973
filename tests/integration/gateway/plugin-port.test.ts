// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the gateway's own templates
import { createGzip } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/core/documents.ts";
import { compileExpression } from "../../../src/gateway/expression.ts";
import { HeaderList } from "../../../src/gateway/header-list.ts";
import type { LocalCall } from "../../../src/gateway/http-call.ts";
import type { Plugin, PluginHandlers, PluginServices } from "../../../src/gateway/plugin.ts";
import { createSlot } from "../../../src/gateway/request-context.ts";
import { startGateway, startUpstream } from "../../helpers/gateway.ts";
import { request } from "../../helpers/http.ts";
import { waitFor } from "../../helpers/wait-for.ts";

/** A plugin of this test's own. */
function plugin(
  name: string,
  priority: number,
  handlers: PluginHandlers<JsonObject> | ((services: PluginServices) => PluginHandlers<JsonObject>),
  rest: Partial<Plugin> = {},
): Plugin {
  return {
    name,
    version: 0.1,
    priority,
    schema: { type: "object" },
    create: typeof handlers === "function" ? handlers : () => handlers,
    ...rest,
  };
}

describe("order", () => {
  const trace = createSlot<string[]>("trace");
  const tracing = (name: string, priority: number): Plugin => {
    const note = (phase: string) => (_: JsonObject, ctx: Parameters<typeof mark>[0]) =>
      mark(ctx, `${name}.${phase}`);
    return plugin(name, priority, {
      rewrite: note("rewrite"),
      access: async (_, ctx) => mark(ctx, `${name}.access`),
      beforeProxy: note("before"),
      headerFilter: (_, ctx) => {
        mark(ctx, `${name}.header`);
        ctx.response.setHeader("X-Trace", (ctx.get(trace) ?? []).join(" "));
      },
    });
  };
  const mark = (
    ctx: import("../../../src/gateway/request-context.ts").RequestContext,
    what: string,
  ): undefined => {
    const list = ctx.get(trace) ?? [];
    list.push(what);
    ctx.set(trace, list);
  };

  test("phases, global rules first, highest priority first, _meta.priority overrides", async () => {
    const plugins = [tracing("low", 1), tracing("high", 9), tracing("global", 5)];
    await using gateway = await startGateway({ plugins });
    await using upstream = await startUpstream();
    await gateway.put("/global_rules/1", { plugins: { global: {} } });
    await gateway.put("/routes/1", {
      uri: "/o",
      plugins: { low: {}, high: {} },
      upstream: upstream.upstream,
    });
    const answer = await gateway.send("/o");
    const expected = ["rewrite", "access", "before", "header"].flatMap((phase) =>
      ["global", "high", "low"].map((name) => `${name}.${phase}`),
    );
    expect(answer.headers["x-trace"]).toBe(expected.join(" "));
    await gateway.put("/routes/1", {
      uri: "/o",
      plugins: { low: { _meta: { priority: 10 } }, high: {} },
      upstream: upstream.upstream,
    });
    const again = String((await gateway.send("/o")).headers["x-trace"]);
    expect(again).toContain("low.rewrite high.rewrite");
  });

  test("a plugin of a global rule may give way to the route's", async () => {
    const plugins = [{ ...tracing("both", 1), runPolicy: "prefer_route" as const }];
    await using gateway = await startGateway({ plugins });
    await using upstream = await startUpstream();
    await gateway.put("/global_rules/1", { plugins: { both: {} } });
    await gateway.put("/routes/1", { uri: "/1", upstream: upstream.upstream });
    await gateway.put("/routes/2", {
      uri: "/2",
      plugins: { both: {} },
      upstream: upstream.upstream,
    });
    for (const path of ["/1", "/2"]) {
      const answer = await gateway.send(path);
      expect(answer.headers["x-trace"]).toBe("both.rewrite both.access both.before both.header");
    }
  });
});

describe("ending a request", () => {
  test.each<[string, object, number, string, string | undefined]>([
    ["text", { status: 200, body: "text" }, 200, "text", "text/plain; charset=utf-8"],
    ["object", { status: 401, body: { message: "no" } }, 401, '{"message":"no"}\n', undefined],
    ["bytes", { status: 200, body: Buffer.from("bytes") }, 200, "bytes", undefined],
    ["nothing", { status: 204 }, 204, "", undefined],
    ["nothing, 200", { status: 200 }, 200, "", undefined],
    ["headers", { status: 200, body: "x", headers: { "Content-Type": "a/b" } }, 200, "x", "a/b"],
  ])("%s", async (_, exit, status, text, type) => {
    const plugins = [plugin("end", 1, { access: () => exit as { status: number } })];
    await using gateway = await startGateway({ plugins });
    await gateway.put("/routes/1", { uri: "/e", plugins: { end: {} } });
    const answer = await gateway.send("/e");
    expect([answer.status, answer.text]).toEqual([status, text]);
    if (type !== undefined) expect(answer.headers["content-type"]).toBe(type);
  });

  test("nothing with a refusal is nginx's page; _meta.error_response stands in its place", async () => {
    const plugins = [plugin("end", 1, { access: () => ({ status: 503 }) })];
    await using gateway = await startGateway({ plugins });
    await gateway.put("/routes/1", { uri: "/e", plugins: { end: {} } });
    const answer = await gateway.send("/e");
    expect(answer.text).toContain("<title>503 Service Temporarily Unavailable</title>");
    expect(answer.headers["content-type"]).toBe("text/html; charset=utf-8");
    const meta = { error_response: { message: "custom" } };
    await gateway.put("/routes/1", { uri: "/e", plugins: { end: { _meta: meta } } });
    expect((await gateway.send("/e")).text).toBe('{"message":"custom"}\n');
  });

  test("a stream goes out piece by piece", async () => {
    const plugins = [
      plugin("end", 1, {
        access: () => ({
          status: 200,
          body: (async function* () {
            yield Buffer.from("one ");
            yield Buffer.from("two");
          })(),
        }),
      }),
    ];
    await using gateway = await startGateway({ plugins });
    await gateway.put("/routes/1", { uri: "/e", plugins: { end: {} } });
    expect((await gateway.send("/e")).text).toBe("one two");
  });

  test("an error of the plugin is a 500, and the log has it", async () => {
    const plugins = [
      plugin("end", 1, {
        access: () => {
          throw new Error("broken");
        },
      }),
    ];
    await using gateway = await startGateway({ plugins });
    await gateway.put("/routes/1", { uri: "/e", plugins: { end: {} } });
    expect((await gateway.send("/e")).status).toBe(500);
    expect(JSON.stringify(gateway.logs())).toContain("broken");
  });
});

describe("the request", () => {
  test("what a plugin changes goes to the upstream", async () => {
    const plugins = [
      plugin("change", 1, {
        rewrite: (_, ctx) => {
          const { args } = ctx.request;
          args.delete("secret");
          args.set("added", "a b");
          ctx.request.setArgs(args);
          ctx.request.method = "PUT";
          ctx.request.path = "/new path";
          ctx.request.headers.set("X-New", "1");
          ctx.request.headers.remove("apikey");
          ctx.request.setBody("changed");
          return undefined;
        },
      }),
    ];
    await using gateway = await startGateway({ plugins });
    await using upstream = await startUpstream();
    await gateway.put("/routes/1", {
      uri: "/c",
      plugins: { change: {} },
      upstream: upstream.upstream,
    });
    await gateway.send("/c?secret=1&x=2", {
      method: "POST",
      body: "original",
      headers: { apikey: "k" },
    });
    const { method, url, body, headers } = upstream.last();
    expect([method, url, body]).toEqual(["PUT", "/new%20path?x=2&added=a%20b", "changed"]);
    expect([headers["x-new"], headers["apikey"]]).toEqual(["1", undefined]);
  });

  test.each([
    ["announced, read", true, "0123456789"],
    ["announced, streamed", false, "0123456789"],
    ["in chunks, read", true, undefined],
    ["in chunks, streamed", false, undefined],
  ])("a body beyond the limit, %s, is refused", async (_, read, body) => {
    const plugins = [
      plugin("limit", 1, {
        access: (__, ctx) => {
          ctx.request.bodyBytesMax = 5;
          return read ? ctx.request.readBody().then(() => undefined) : undefined;
        },
      }),
    ];
    await using gateway = await startGateway({ plugins });
    await using upstream = await startUpstream();
    await gateway.put("/routes/1", {
      uri: "/l",
      plugins: { limit: {} },
      upstream: upstream.upstream,
    });
    const pieces = new Blob(["01234", "56789"]).stream();
    const answer = await fetch(`${gateway.url}/l`, {
      method: "POST",
      body: body ?? pieces,
      duplex: "half",
    } as RequestInit);
    expect(answer.status).toBe(413);
    expect(upstream.received).toEqual([]);
  });

  test("a request has one id, by either name and at every use", async () => {
    const plugins = [
      plugin("tell", 1, {
        access: ({ text }, ctx) => ({ status: 200, body: ctx.resolve(String(text)) }),
      }),
    ];
    await using gateway = await startGateway({ plugins });
    const text = "$request_id|$apisix_request_id|$apisix_request_id|$request_id";
    await gateway.put("/routes/1", { uri: "/id", plugins: { tell: { text } } });
    const [id, ...others] = (await gateway.send("/id")).text.split("|");
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(others).toEqual([id, id, id]);
    expect((await gateway.send("/id")).text).not.toContain(id);
  });

  test("variables of the body are there when the configuration names them", async () => {
    const plugins = [
      plugin("tell", 1, {
        access: ({ text }, ctx) => ({ status: 200, body: ctx.resolve(String(text)) }),
      }),
    ];
    await using gateway = await startGateway({ plugins });
    const text = "$post_arg_a|$post_arg.a|${post_arg.list[*].x}|$arg_q|$cookie_c|$uri|$none";
    await gateway.put("/routes/1", { uri: "/v", plugins: { tell: { text } } });
    const form = await gateway.send("/v?q=1&q=2", {
      method: "POST",
      body: "a=x+y",
      headers: { "content-type": "application/x-www-form-urlencoded", cookie: "b=1; c=2" },
    });
    expect(form.text).toBe("x y|x y||1|2|/v|");
    const json = await gateway.send("/v", {
      method: "POST",
      body: { a: { b: 1 }, list: [{ x: 1 }, { x: 2 }] },
    });
    expect(json.text).toBe('|{"b":1}|[1,2]|||/v|');
  });

  test("they are there for filters of the answer and for the log, too", async () => {
    const logged: unknown[] = [];
    const plugins = [
      plugin("head", 3, {
        headerFilter: ({ text }, ctx) => ctx.response.setHeader("X-Own", ctx.resolve(String(text))),
      }),
      plugin("piece", 2, { bodyFilter: (_conf, _ctx, chunk) => Buffer.from(chunk).fill("*") }),
      plugin("note", 1, { log: ({ text }, ctx) => void logged.push(ctx.resolve(String(text))) }),
    ];
    await using gateway = await startGateway({ plugins });
    await using upstream = await startUpstream((received, response) => response.end(received.body));
    const own: Record<string, JsonObject> = {
      head: { head: { text: "$request_body" } },
      piece: { piece: { _meta: { filter: [["post_arg.a", "==", 1]] } } },
      note: { note: { text: "$post_arg.a" } },
      nothing: { head: { text: "$uri" } },
    };
    for (const [name, of] of Object.entries(own)) {
      const { upstream: to } = upstream;
      await gateway.put(`/routes/${name}`, { uri: `/${name}`, plugins: of, upstream: to });
    }
    const send = (name: string) => gateway.send(`/${name}`, { method: "POST", body: { a: 1 } });
    expect((await send("head")).headers["x-own"]).toBe('{"a":1}');
    expect((await send("piece")).text).toBe("*******");
    expect((await send("note")).text).toBe('{"a":1}');
    await waitFor("the log", async () => logged.length > 0);
    expect(logged).toEqual(["1"]);
    await gateway.put("/global_rules/1", { plugins: own["head"] as JsonObject });
    expect((await send("note")).headers["x-own"]).toBe('{"a":1}');
  });

  test("routes can be told apart by their body", async () => {
    await using gateway = await startGateway();
    await using upstream = await startUpstream((received, response) => response.end(received.body));
    await gateway.put("/routes/1", {
      uri: "/m",
      vars: [["post_arg.model", "==", "big"]],
      plugins: { echo: { before_body: "big: " } },
      upstream: upstream.upstream,
    });
    await gateway.put("/routes/2", { uri: "/m", upstream: upstream.upstream });
    const send = async (model: string) =>
      (await gateway.send("/m", { method: "POST", body: { model } })).text;
    expect(await send("big")).toBe('big: {"model":"big"}');
    expect(await send("small")).toBe('{"model":"small"}');
  });
});

describe("the answer", () => {
  test("headers set early wait for it; filters see each piece; streams compress", async () => {
    const plugins = [
      plugin("early", 3, {
        access: (_, ctx) => {
          ctx.response.setHeader("X-Early", "1");
          ctx.response.setHeader("Content-Type", "application/early");
          return undefined;
        },
      }),
      plugin("upper", 2, {
        headerFilter: (_, { response }) => {
          response.bodyWillChange();
          response.status = 201;
        },
        bodyFilter: (_, __, chunk, isLast) =>
          Buffer.from(Buffer.from(chunk).toString().toUpperCase() + (isLast ? "!" : "")),
      }),
      plugin("compress", 1, {
        headerFilter: (_, { response }) => {
          response.setHeader("Content-Encoding", "gzip");
          response.transform(createGzip());
        },
      }),
    ];
    await using gateway = await startGateway({ plugins });
    await using upstream = await startUpstream((_, response) => {
      response.writeHead(200, { etag: "x", "content-length": "10" });
      response.write("hello", () => response.end("world"));
    });
    await gateway.put("/routes/1", {
      uri: "/a",
      plugins: { early: {}, upper: {}, compress: {} },
      upstream: upstream.upstream,
    });
    const answer = await fetch(`${gateway.url}/a`);
    expect(answer.status).toBe(201);
    expect(await answer.text()).toBe("HELLOWORLD!");
    const { headers } = answer;
    expect([headers.get("x-early"), headers.get("content-type")]).toEqual([
      "1",
      "application/early",
    ]);
    expect([headers.get("etag"), headers.get("content-encoding")]).toEqual([null, "gzip"]);
  });

  test("the log phase knows what was sent, also to a client that left", async () => {
    const lines: unknown[][] = [];
    const plugins = [
      plugin("note", 1, {
        log: (_, ctx) =>
          void lines.push([
            ctx.var("status"),
            ctx.var("route_id"),
            ctx.var("upstream_status"),
            ctx.var("body_bytes_sent"),
            ctx.response.source,
            ctx.var("bytes_sent"),
          ]),
      }),
    ];
    await using gateway = await startGateway({ plugins });
    let answers = true;
    await using upstream = await startUpstream((_, response) => {
      if (answers) response.end("hello");
    });
    await gateway.put("/routes/n", {
      uri: "/n",
      plugins: { note: {} },
      upstream: upstream.upstream,
    });
    const answer = await gateway.send("/n");
    await waitFor("the line", () => lines.length === 1);
    // What node says of the connection itself is not counted.
    const { connection: _own, ...fields } = answer.lines;
    const named = Object.entries(fields).flatMap(([name, values = []]) => {
      return values.map((value) => `${name}: ${value}\r\n`);
    });
    const head = `HTTP/1.1 200 OK\r\n${named.join("")}\r\n`.length;
    expect(lines[0]).toEqual([200, "n", "200", 5, "upstream", head + "hello".length]);
    answers = false;
    const abort = new AbortController();
    const sent = gateway.send("/n", { signal: abort.signal }).catch(() => undefined);
    await waitFor("the request", () => upstream.received.length === 2);
    abort.abort();
    await sent;
    await waitFor("the line", () => lines.length === 2);
    expect([lines[1]?.[0], lines[1]?.at(-1)]).toEqual([499, 0]);
  });
});

describe("consumers", () => {
  const auth = plugin(
    "key",
    9,
    ({ consumers }) => ({
      rewrite: (conf, ctx) => {
        const key = ctx.request.headers.get("apikey");
        const found =
          key === undefined
            ? consumers.byName(String(conf["anonymous"]))
            : consumers.find("key", "key", key);
        if (found === undefined) return { status: 401, body: { message: "unknown" } };
        ctx.attachConsumer(found);
        return undefined;
      },
    }),
    { type: "auth", consumerSchema: { type: "object" } },
  );
  const tag = plugin("tag", 1, {
    rewrite: (conf, ctx) => {
      ctx.request.headers.add("X-Tag", String(conf["value"]));
      return undefined;
    },
  });

  test("are found by credential; their plugins and those of their group join", async () => {
    await using gateway = await startGateway({ plugins: [auth, tag], env: { KEY: "from-env" } });
    await using upstream = await startUpstream();
    await gateway.put("/consumer_groups/g", { id: "g", plugins: { tag: { value: "group" } } });
    await gateway.put("/consumers/jack", {
      username: "jack",
      labels: { custom_id: "77" },
      plugins: { key: { key: "one" } },
      group_id: "g",
    });
    await gateway.put("/consumers/jack/credentials/c1", {
      plugins: { key: { key: "$env://KEY" } },
    });
    await gateway.put("/consumers/anna", { username: "anna", plugins: { tag: { value: "own" } } });
    await gateway.put("/routes/1", {
      uri: "/c",
      plugins: { key: { anonymous: "anna" } },
      upstream: upstream.upstream,
    });
    const send = async (key?: string) => {
      const headers = { "X-Credential-Identifier": "forged", ...(key ? { apikey: key } : {}) };
      const { status } = await gateway.send("/c", { headers });
      const up = upstream.received.at(-1)?.headers ?? {};
      const names = ["x-consumer-username", "x-credential-identifier", "x-consumer-custom-id"];
      return status === 200 ? [...names.map((name) => up[name]), up["x-tag"]] : status;
    };
    expect(await send("one")).toEqual(["jack", undefined, "77", "group"]);
    expect(await send("from-env")).toEqual(["jack", "c1", "77", "group"]);
    expect(await send()).toEqual(["anna", undefined, undefined, "own"]);
    expect(await send("$env://KEY")).toBe(401);
    expect(await send("two")).toBe(401);
    await gateway.delete("/consumers/jack/credentials/c1");
    expect(await send("from-env")).toBe(401);
    await gateway.delete("/consumer_groups/g");
    expect(await send("one")).toBe(503);
  });

  test("secrets of a manager are asked for, and a route waits for its own", async () => {
    const asked: string[] = [];
    await using gateway = await startGateway({
      plugins: [tag, auth],
      secretManager: async (manager, id, key) => {
        asked.push(`${manager}/${id}/${key}`);
        return key === "none" ? undefined : "opened";
      },
    });
    await using upstream = await startUpstream();
    await gateway.put("/routes/1", {
      uri: "/s",
      plugins: { tag: { value: "$secret://vault/1/jack/key" } },
      upstream: upstream.upstream,
    });
    await gateway.send("/s");
    await gateway.send("/s");
    expect(upstream.last().headers["x-tag"]).toBe("opened");
    expect(asked).toEqual(["vault/1/jack/key"]);
  });
});

test("a configuration keeps its object until it is changed itself", async () => {
  const seen = new Set<object>();
  const plugins = [
    plugin("count", 1, {
      access: (conf) => {
        seen.add(conf);
        return { status: 200, body: String(seen.size) };
      },
    }),
    plugin("other", 1, {}),
  ];
  await using gateway = await startGateway({ plugins });
  const put = (count: JsonObject, other: JsonObject): Promise<void> =>
    gateway.put("/routes/1", { uri: "/k", plugins: { count, other } });
  const size = async () => (await gateway.send("/k")).text;
  await put({ n: 1 }, {});
  expect([await size(), await size()]).toEqual(["1", "1"]);
  await put({ n: 1 }, { changed: true });
  expect(await size()).toBe("1");
  await put({ n: 2 }, { changed: true });
  expect(await size()).toBe("2");
});

test("a plugin can choose another upstream, by id or as a document", async () => {
  await using one = await startUpstream((_, response) => response.end("one"));
  await using two = await startUpstream((_, response) => response.end("two"));
  const inline = { nodes: { [two.address]: 1 } };
  const plugins = [
    plugin("split", 1, {
      access: (_, ctx) => {
        const to = ctx.request.args.get("to");
        if (to === "id") ctx.upstream = { id: "u" };
        if (to === "value") ctx.upstream = { value: inline };
        return undefined;
      },
    }),
  ];
  await using gateway = await startGateway({ plugins });
  await gateway.put("/upstreams/u", two.upstream);
  await gateway.put("/routes/1", { uri: "/t", plugins: { split: {} }, upstream: one.upstream });
  const texts = await Promise.all(
    ["/t", "/t?to=id", "/t?to=value"].map((path) => gateway.send(path)),
  );
  expect(texts.map(({ text }) => text)).toEqual(["one", "two", "two"]);
});

test("plugins call out over the network, or in process where the origin is here", async () => {
  const calling = plugin("call", 1, ({ http }) => ({
    access: async (conf) => {
      const answer = await http({ url: String(conf["url"]), method: "POST", body: "asked" });
      return { status: answer.status, body: await answer.text() };
    },
  }));
  const local: LocalCall = (call, done) => {
    if (!call.url.startsWith("http://here/")) return false;
    done({
      status: 202,
      headers: new HeaderList(),
      body: undefined as never,
      bytes: async () => Buffer.from("in process"),
      text: () => "in process",
    });
    return true;
  };
  await using gateway = await startGateway({ plugins: [calling], local });
  await using upstream = await startUpstream((received, response) => response.end(received.body));
  await gateway.put("/routes/1", {
    uri: "/far",
    plugins: { call: { url: `http://${upstream.address}/x` } },
  });
  await gateway.put("/routes/2", { uri: "/near", plugins: { call: { url: "http://here/x" } } });
  expect((await gateway.send("/far")).text).toBe("asked");
  const near = await gateway.send("/near");
  expect([near.status, near.text]).toEqual([202, "in process"]);
});

test("paths of plugins are served for other listeners", async () => {
  const { createServer } = await import("node:http");
  const serving = plugin("serve", 1, {
    apis: [
      {
        methods: ["GET"],
        uri: "/apisix/x",
        on: "public",
        handler: () => ({ status: 200, body: "x" }),
      },
    ],
  });
  await using gateway = await startGateway({ plugins: [serving] });
  const server = createServer((asked, response) => {
    if (!gateway.gateway.serveApi("public", asked, response)) response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  expect((await request(url, { path: "/apisix/x" })).text).toBe("x");
  expect((await request(url, { path: "/apisix/y" })).status).toBe(404);
  server.close();
});

test("filter_func is served by an evaluator, and such routes are left out without one", async () => {
  await using upstream = await startUpstream();
  const route = {
    uri: "/f",
    filter_func: "function(vars) return true end",
    upstream: upstream.upstream,
  };
  await using without = await startGateway();
  await without.put("/routes/1", route);
  expect((await without.send("/f")).status).toBe(404);
  expect(JSON.stringify(without.logs())).toContain("filter_func is not supported");
  const compileFilter = (source: string) => {
    expect(source).toBe(route.filter_func);
    return compileExpression([["arg_on", "==", "1"]]);
  };
  await using served = await startGateway({ compileFilter });
  await served.put("/routes/1", route);
  expect((await served.send("/f")).status).toBe(404);
  expect((await served.send("/f?on=1")).status).toBe(200);
});

test.each([
  [[], "https", "9.9.9.9, 127.0.0.1"],
  [["127.0.0.0/8"], "https", "9.9.9.9, 127.0.0.1"],
  [["10.0.0.0/8"], "http", "127.0.0.1"],
])("trusted addresses %j", async (trustedAddresses, proto, chain) => {
  await using gateway = await startGateway({ trustedAddresses });
  await using upstream = await startUpstream();
  await gateway.put("/routes/1", { uri: "/t", upstream: upstream.upstream });
  await gateway.send("/t", {
    headers: { "X-Forwarded-Proto": "https", "X-Forwarded-For": "9.9.9.9" },
  });
  const { headers } = upstream.last();
  const expected = trustedAddresses.length === 0 ? "http" : proto;
  expect([headers["x-forwarded-proto"], headers["x-forwarded-for"]]).toEqual([expected, chain]);
});

test.each(["/global_rules/1", "/routes/1"])(
  "a filter of %s may look at the body, however it comes",
  async (place) => {
    await using gateway = await startGateway();
    await using upstream = await startUpstream();
    const plugins = {
      "proxy-rewrite": {
        headers: { "X-Seen": "yes" },
        _meta: { filter: [["post_arg_key", "==", "abc"]] },
      },
    };
    await gateway.put("/routes/1", { uri: "/f", upstream: upstream.upstream });
    await gateway.put(place, { uri: "/f", plugins, upstream: upstream.upstream });
    const type = "application/x-www-form-urlencoded";
    for (const [body, seen] of [
      ["key=abc", "yes"],
      ["key=abd", undefined],
    ] as const) {
      await gateway.send("/f", { method: "POST", body, headers: { "Content-Type": type } });
      expect(upstream.last()).toMatchObject({ body });
      expect(upstream.last().headers["x-seen"]).toBe(seen);
    }
  },
);

test("a trusted peer is believed where it says something; the rest is what was seen", async () => {
  await using gateway = await startGateway({ trustedAddresses: ["127.0.0.1"] });
  await using upstream = await startUpstream();
  await gateway.put("/routes/1", { uri: "/t", upstream: upstream.upstream });
  const headers = { Host: "Shop.test:99", "X-Forwarded-Proto": "https", Forwarded: "for=a" };
  await gateway.send("/t", { headers });
  expect(upstream.last().headers).toMatchObject({
    "x-forwarded-proto": "https",
    "x-forwarded-host": "Shop.test:99",
    "x-forwarded-port": "99",
    forwarded: "for=a",
  });
});

test.each([
  ["shop.test", undefined],
  ["shop.test:99", "99"],
  ["[::1]", undefined],
  ["[::1]:7", "7"],
])("the port that the client named in %s", async (host, port) => {
  await using gateway = await startGateway();
  await using upstream = await startUpstream();
  await gateway.put("/routes/1", { uri: "/t", upstream: upstream.upstream });
  await gateway.send("/t", { headers: { Host: host, "X-Forwarded-Port": "1" } });
  expect(upstream.last().headers["x-forwarded-port"]).toBe(port ?? String(gateway.port));
});

test("a node is told nothing of the connection, as by nginx", async () => {
  await using gateway = await startGateway();
  await using upstream = await startUpstream();
  await gateway.put("/routes/1", { uri: "/t", upstream: upstream.upstream });
  for (let count = 0; count < 2; count++) await gateway.send("/t");
  expect(upstream.last().headers["connection"]).toBeUndefined();
});

test.each(["mocking", "response-rewrite", "serverless-pre-function"])(
  "%s cannot say how an answer is framed, nor what becomes of the connection",
  async (plugin) => {
    await using gateway = await startGateway();
    await using upstream = await startUpstream();
    const headers: Record<string, string> = {
      "Content-Length": "3",
      "Transfer-Encoding": "chunked",
      Connection: "x",
      "Keep-Alive": "x",
      Trailer: "x",
      Upgrade: "x",
      "X-Own": "1",
    };
    const source = `() => ({ status: 200, body: "hello", headers: ${JSON.stringify(headers)} })`;
    const confs: Record<string, JsonObject> = {
      mocking: { response_example: "hello", response_headers: headers },
      "response-rewrite": { headers: { set: headers } },
      "serverless-pre-function": { functions: [source] },
    };
    const plugins = { [plugin]: confs[plugin] ?? {} };
    await gateway.put("/routes/1", { uri: "/t", plugins, upstream: upstream.upstream });
    const answer = await gateway.send("/t");
    expect([answer.status, answer.text, answer.headers["x-own"]]).toEqual([200, "hello", "1"]);
    for (const name of ["trailer", "upgrade"]) expect(answer.headers).not.toHaveProperty(name);
    expect(answer.headers["keep-alive"]).not.toBe("x");
    expect([answer.headers["content-length"], answer.headers["transfer-encoding"]]).toContain(
      plugin === "response-rewrite" ? "chunked" : "5",
    );
  },
);

test("of some answer headers there is only one, whoever adds another", async () => {
  await using gateway = await startGateway();
  await gateway.put("/routes/1", {
    uri: "/t",
    plugins: {
      mocking: {
        response_example: "x",
        content_type: "text/plain",
        response_headers: { "Content-Type": "text/one", "X-A": "1" },
      },
      "response-rewrite": { headers: { add: ["content-type: text/two", "X-A: 2"] } },
    },
  });
  const { headers } = await gateway.send("/t");
  expect([headers["content-type"], headers["x-a"]]).toEqual(["text/two", "1, 2"]);
});

test.each([false, true])(
  "204 has no body and says nothing of one, rewritten: %s",
  async (rewritten) => {
    await using gateway = await startGateway();
    await using upstream = await startUpstream((_, response) => {
      if (rewritten) response.writeHead(200, { "Content-Length": 5, "X-A": "1" }).end("hello");
      else response.writeHead(204, { "Content-Type": "text/plain", "X-A": "1" }).end();
    });
    const plugins = {
      "response-rewrite": rewritten ? { status_code: 204 } : { headers: { B: "2" } },
    };
    await gateway.put("/routes/1", { uri: "/t", plugins, upstream: upstream.upstream });
    const { status, headers } = await gateway.send("/t");
    expect([status, headers["x-a"]]).toEqual([204, "1"]);
    for (const name of ["content-type", "content-length"]) expect(headers).not.toHaveProperty(name);
  },
);

test("a fault before a request is looked at ends its connection, not the program", async () => {
  let isBroken = false;
  const now = (): number => {
    if (isBroken) throw new Error("the clock is broken");
    return 0;
  };
  await using gateway = await startGateway({ now });
  await gateway.put("/routes/1", { uri: "/t", plugins: { mocking: { response_example: "t" } } });
  isBroken = true;
  await expect(gateway.send("/t")).rejects.toThrow();
  const headers = { connection: "Upgrade", upgrade: "websocket" };
  await expect(gateway.send("/t", { headers })).rejects.toThrow();
  isBroken = false;
  expect((await gateway.send("/t")).text).toContain("t");
  const errors = gateway.logs().filter(({ level }) => level === "error");
  expect(errors.map(({ msg }) => msg)).toEqual([
    "a request failed before it was looked at",
    "a request to upgrade failed before it was looked at",
  ]);
});

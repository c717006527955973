// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the gateway's own templates
import { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/core/documents.ts";
import { compileExpression } from "../../../src/gateway/expression.ts";
import { HeaderList } from "../../../src/gateway/header-list.ts";
import type { HttpAnswer, HttpClient } from "../../../src/gateway/http-call.ts";
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
    await gateway.send("/n");
    await waitFor("the line", () => lines.length === 1);
    expect(lines[0]).toEqual([200, "n", "200", 5, "upstream"]);
    answers = false;
    const abort = new AbortController();
    const sent = gateway.send("/n", { signal: abort.signal }).catch(() => undefined);
    await waitFor("the request", () => upstream.received.length === 2);
    abort.abort();
    await sent;
    await waitFor("the line", () => lines.length === 2);
    expect(lines[1]?.[0]).toBe(499);
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
  const local = (call: { readonly url: string }): Promise<HttpAnswer> | undefined =>
    call.url.startsWith("http://here/")
      ? Promise.resolve({
          status: 202,
          headers: new HeaderList(),
          body: undefined as never,
          bytes: async () => Buffer.from("in process"),
          text: async () => "in process",
        })
      : undefined;
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

test("a node that is a part of this program is reached without a socket", async () => {
  const asked: unknown[] = [];
  const localUpstream = (origin: string): HttpClient | undefined =>
    origin === "http://127.0.0.1:1"
      ? async ({ url, method, body, headers }) => {
          asked.push([method, url, Buffer.from(body ?? "").toString(), headers?.get("x-real-ip")]);
          return {
            status: 201,
            headers: new HeaderList(["X-Here", "1"]),
            body: Readable.from([Buffer.from("in "), Buffer.from("process")]),
            bytes: async () => Buffer.alloc(0),
            text: async () => "",
          };
        }
      : undefined;
  await using gateway = await startGateway({ localUpstream });
  await gateway.put("/routes/1", { uri: "/in/*", upstream: { nodes: { "127.0.0.1:1": 1 } } });
  await gateway.put("/routes/2", { uri: "/out", upstream: { nodes: { "127.0.0.1:2": 1 } } });
  const answer = await gateway.send("/in/x?y=1", { method: "POST", body: "data" });
  expect([answer.status, answer.text, answer.headers["x-here"]]).toEqual([201, "in process", "1"]);
  expect(asked).toEqual([["POST", "http://127.0.0.1:1/in/x?y=1", "data", "127.0.0.1"]]);
  expect((await gateway.send("/out")).status).toBe(502);
});

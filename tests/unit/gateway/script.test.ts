/** The sandbox of functions: what they may do, and what stops them. */
import { beforeAll, describe, expect, test } from "vitest";
import { ClientRequest } from "../../../src/gateway/client-request.ts";
import { HeaderList } from "../../../src/gateway/header-list.ts";
import { RequestContext } from "../../../src/gateway/request-context.ts";
import {
  prepareScripts,
  ScriptEngines,
  sourceProblem,
} from "../../../src/gateway/script/engines.ts";
import { createFilterCompiler, filterProblem } from "../../../src/gateway/script/filter.ts";
import { SCRIPT_LIMITS } from "../../../src/gateway/script/protocol.ts";
import { OPERATIONS } from "../../../src/gateway/script/sandbox-api.ts";
import { Utf8Pieces } from "../../../src/gateway/script/utf8-pieces.ts";
import { requestHead } from "../../helpers/request-head.ts";

beforeAll(() => prepareScripts());

function contextOf(): RequestContext {
  const head = requestHead({
    method: "GET",
    uri: "/a?x=1",
    headers: new HeaderList(["Host", "h", "X-One", "1"]),
    authority: "h",
  });
  const end = { address: "127.0.0.1", port: 1 };
  return new RequestContext(
    new ClientRequest(head, undefined),
    { peer: end, local: end, id: 1, isRefused: false },
    0,
  );
}

type Loaded = (ctx: RequestContext) => string | undefined;

/** A busy machine alone ends no function here. */
const PATIENT = { ...SCRIPT_LIMITS, wallMs: 10_000 };

function load(source: string, options: object = {}, logged: string[] = []): Loaded {
  const engines = new ScriptEngines({
    operations: OPERATIONS,
    log: (message) => logged.push(message),
    limits: PATIENT,
    ...options,
  });
  const key = {};
  const functions = { sources: [source], conf: { own: { a: 1 } } };
  return (ctx) => engines.call(key, functions, 0, { ctx });
}

const run = (source: string, ctx = contextOf()): string | undefined => load(source)(ctx);

describe("what a source may be", () => {
  test.for([
    "(conf, ctx) => 1",
    "function (conf, ctx) { return 1 }",
    "return function (conf, ctx) { return 1 }",
    "let count = 0; return () => ++count",
    "async () => 1",
  ])("%s", (source) => {
    expect(sourceProblem([source])).toBeUndefined();
  });

  test.for([
    ["return function(conf, ctx) ngx.say('x') end", /^failed to loadstring: .*Lua is not served$/],
    ["local x = 1", /^failed to loadstring: /],
    ["return 1", /^only accept JavaScript function, the input code type is number$/],
    ["'text'", /^only accept JavaScript function, the input code type is string$/],
    ["", /^only accept JavaScript function, the input code type is undefined$/],
    ["throw new Error('no')", /^pcall error: no$/],
    ["nothing.here", /^pcall error: 'nothing' is not defined|pcall error: /],
    ["while (true) {}", /^pcall error: interrupted$/],
  ] as const)("not %s", ([source, problem]) => {
    expect(sourceProblem([source])).toMatch(problem);
  });
});

describe("what a function returns", () => {
  test.for([
    ["() => undefined", undefined],
    ["() => null", undefined],
    ["() => []", undefined],
    ["() => 403", '{"status":403}'],
    ["() => [403, 'no']", '{"status":403,"body":"no"}'],
    ["() => [null, 'yes']", '{"body":"yes"}'],
    ["() => 'yes'", '{"body":"yes"}'],
    ["() => ({ status: 201, body: { a: 1 } })", '{"status":201,"body":{"a":1}}'],
    ["async () => 404", '{"status":404}'],
    ["(conf, ctx) => ctx.exit(410, 'gone')", '{"status":410,"body":"gone"}'],
    ["async (conf, ctx) => { await null; ctx.exit(410) }", '{"status":410}'],
    ["(conf) => conf.own.a", '{"status":1}'],
  ] as const)("%s", ([source, text]) => {
    expect(run(source)).toBe(text);
  });
});

describe("what a function sees and changes", () => {
  test("variables, headers, path, query, method and body of the request", () => {
    const ctx = contextOf();
    run(
      `(conf, ctx) => {
        const { request, response } = ctx;
        ctx.var.mine = ctx.var.arg_x + request.getHeader("x-one") + request.path;
        request.setHeader("X-Two", "2");
        request.removeHeader("X-One");
        request.setPath("/b");
        request.setQuery("y=" + (ctx.var.none === undefined));
        request.setMethod("POST");
        request.setBody("body");
        response.setHeader("X-Out", "out");
      }`,
      ctx,
    );
    expect(ctx.var("mine")).toBe("11/a");
    const { request } = ctx;
    expect(request.headers.toObject()).toEqual({ host: "h", "x-two": "2" });
    expect([request.method, request.target, request.body?.toString()]).toEqual([
      "POST",
      "/b?y=true",
      "body",
    ]);
    ctx.response.begin(200, new HeaderList(), "plugin");
    expect(ctx.response.getHeader("x-out")).toBe("out");
  });

  test("its log is bounded", () => {
    const logged: string[] = [];
    load("(conf, ctx) => ctx.log('a', 1, 'x'.repeat(5000))", {}, logged)(contextOf());
    expect(logged[0]?.slice(0, 5)).toBe("a 1 x");
    expect(logged[0]?.length).toBe(1024);
  });

  test("closures keep their state", () => {
    const call = load("let count = 200; return () => ++count");
    call(contextOf());
    expect(call(contextOf())).toBe('{"status":202}');
  });

  test.for([
    "(conf, ctx) => { ctx.exit = 1 }",
    "(conf, ctx) => { ctx.request.setHeader = 1 }",
    "(conf) => { conf.own.a = 2 }",
    "(conf, ctx) => ctx.request.setHeader('a b', 'c')",
    "(conf, ctx) => ctx.response.setStatus(200)",
    "() => new Promise(() => {})",
    "() => { throw new Error('no') }",
  ])("%s throws", (source) => {
    expect(() => run(source)).toThrow();
  });

  test.for(["process", "require", "fetch", "setTimeout", "globalThis.process", "host"])(
    "there is no %s",
    (name) => {
      const known = run(`() => String(typeof ${name})`);
      expect(known).toBe('{"body":"undefined"}');
    },
  );

  test("nothing of the host by way of constructors", () => {
    const source = `(conf, ctx) => {
      const get = ctx.request.getHeader.constructor("return this")();
      return [typeof get.process, typeof ctx.constructor?.constructor("return typeof process")].join();
    }`;
    expect(run(source)).not.toContain("object");
  });
});

describe("limits", () => {
  test("CPU time, also of promises and of host calls", () => {
    for (const source of [
      "() => { for (;;); }",
      "async () => { for (;;) await null; }",
      "(conf, ctx) => { for (;;) ctx.request.getHeader('a'); }",
    ]) {
      const call = load(source, { limits: { ...PATIENT, cpuMs: 20 } });
      expect(() => call(contextOf())).toThrow();
    }
  });

  test("an engine goes on after it was stopped", () => {
    const call = load("(conf, ctx) => { while (ctx.var.arg_x === '1'); return 200 }", {
      limits: { ...PATIENT, cpuMs: 20 },
    });
    expect(() => call(contextOf())).toThrow("the function took more than 20 ms");
    const other = contextOf();
    other.setVar("arg_x", "2");
    expect(call(other)).toBe('{"status":200}');
  });

  test("memory", () => {
    const source = "() => { const all = []; for (;;) all.push('x'.repeat(100000) + all.length) }";
    const limits = { ...PATIENT, cpuMs: 5000 };
    expect(() => load(source, { limits })(contextOf())).toThrow("out of memory");
    const buffers = "() => { const all = []; for (;;) all.push(new Uint8Array(1000000)) }";
    expect(() => load(buffers, { limits })(contextOf())).toThrow("out of memory");
    expect(run("() => 'x'.repeat(1000000).length")).toBe('{"status":1000000}');
  });

  test("what cannot be interrupted is killed, and not tried again", () => {
    const source = "(conf, ctx) => { for (;;) 'x'.repeat(5000000) }";
    const call = load(source, { limits: SCRIPT_LIMITS });
    const other = load("let count = 200; return () => ++count");
    expect(other(contextOf())).toBe('{"status":201}');
    expect(() => call(contextOf())).toThrow("the function took more than 500 ms");
    expect(() => call(contextOf())).toThrow("the function had to be killed before");
    // The others go on, without what their closures held.
    expect(other(contextOf())).toBe('{"status":201}');
  });

  test("depth", () => {
    expect(() => run("() => { const f = () => f() + 1; return f() }")).toThrow(/stack/i);
  });

  test("engines: the one not used for the longest time gives way", () => {
    const engines = new ScriptEngines({ operations: OPERATIONS, log: () => {}, enginesMax: 2 });
    const functions = { sources: ["let count = 200; return () => ++count"], conf: {} };
    const [first = {}, second = {}, third = {}] = [{}, {}, {}];
    const call = (key: object) => engines.call(key, functions, 0, { ctx: contextOf() });
    for (const key of [first, second, third]) expect(call(key)).toBe('{"status":201}');
    expect(call(third)).toBe('{"status":202}');
    expect(call(first)).toBe('{"status":201}');
    engines.stop();
  });
});

describe("filter_func", () => {
  test.for([
    ["function (vars) { return vars.arg_x === '1' }", true],
    ["function (vars) { return vars.arg_x === '2' }", false],
    ["function (vars) { return 0 }", true],
    ["function (vars) { }", false],
    ["function (vars) { throw new Error('no') }", false],
    ["function (vars) { vars.a = 1; return true }", false],
  ] as const)("%s is %s", ([source, matches]) => {
    const { compile } = createFilterCompiler(() => {});
    expect(compile(source)((name) => contextOf().var(name))).toBe(matches);
  });

  test("what is none is refused in the original's words", () => {
    expect(filterProblem("function(vars) return true end")).toMatch(
      /^failed to load 'filter_func' string: .*Lua is not served$/,
    );
    expect(filterProblem("function(vars) { return true }")).toBeUndefined();
    expect(filterProblem("12345678901")).toBe("'filter_func' should be a function");
  });
});

test("pieces of text are whole characters, and no byte is lost", () => {
  const all = Buffer.from("aé€😀z");
  for (let size = 1; size <= all.length; size += 1) {
    const pieces = new Utf8Pieces();
    const out: Uint8Array[] = [];
    for (let at = 0; at < all.length; at += size) {
      const piece = pieces.next(all.subarray(at, at + size), at + size >= all.length);
      expect(Buffer.from(piece).toString()).not.toContain("\ufffd");
      out.push(piece);
    }
    expect(Buffer.concat(out).equals(all)).toBe(true);
  }
});

import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/core/documents.ts";
import {
  AllowList,
  isBlock,
  isForeignPage,
  keyProblem,
} from "../../../src/gateway/admin/access.ts";
import { parseCjson } from "../../../src/gateway/admin/cjson.ts";
import { merge, setAt } from "../../../src/gateway/admin/patch.ts";
import { BODY_BYTES_MAX, readBody } from "../../../src/gateway/admin/request.ts";
import { Keyring, Sealing } from "../../../src/gateway/admin/sealing.ts";
import type { AnyPlugin } from "../../../src/gateway/plugin.ts";
import { PluginCatalog } from "../../../src/gateway/schema/plugin-catalog.ts";
import { cpuMsOf } from "../../helpers/cpu-time.ts";
import { fc } from "../../helpers/property.ts";

describe("the body of a request", () => {
  const inPieces = (...lengths: readonly number[]): IncomingMessage => {
    const stream = Readable.from(lengths.map((length) => Buffer.alloc(length, "a")));
    return Object.assign(stream, { headers: {} }) as unknown as IncomingMessage;
  };

  test("is text, up to its longest", async () => {
    expect(await readBody(inPieces())).toBeUndefined();
    expect(await readBody(inPieces(1, 2))).toBe("aaa");
    expect((await readBody(inPieces(1, BODY_BYTES_MAX - 1)))?.length).toBe(BODY_BYTES_MAX);
  });

  test("is refused with the length that is known, also where none was announced", async () => {
    const text = `request size ${BODY_BYTES_MAX + 2} is greater than the maximum size`;
    await expect(readBody(inPieces(1, BODY_BYTES_MAX + 1, 5))).rejects.toMatchObject({
      reply: { status: 400, body: { error_msg: expect.stringContaining(text) } },
    });
    const announced = Object.assign(inPieces(), { headers: { "content-length": "9999999" } });
    await expect(readBody(announced)).rejects.toMatchObject({
      reply: { body: { error_msg: expect.stringContaining("request size 9999999 is") } },
    });
  });

  test("ends with its client", async () => {
    const gone = inPieces(1);
    const read = readBody(gone);
    gone.destroy();
    await expect(read).rejects.toThrow("incomplete");
  });
});

describe("JSON as cjson reads it", () => {
  test.each([
    ["", "Expected value but found T_END at character 1"],
    ["{", "Expected object key string but found T_END at character 2"],
    ['{"a":1,}', "Expected object key string but found T_OBJ_END at character 8"],
    ["[1,]", "Expected value but found T_ARR_END at character 4"],
    ['"abc', "Expected value but found unexpected end of string at character 5"],
    ['"a\\x"', "Expected value but found invalid token at character 1"],
    ["[nul]", "Expected value but found invalid token at character 2"],
    ['["a\0b"]', "Expected value but found unexpected end of string at character 4"],
  ])("%s", (text, problem) => {
    expect(parseCjson(text)).toEqual({ problem });
  });

  test("line feeds and tabs may stand in texts as they are, as for cjson", () => {
    const text = '{"a\tb": "one\n  \\"two\\"\r\n\u0001",\n "n": [1, null]}';
    expect(parseCjson(text)).toEqual({
      value: { "a\tb": 'one\n  "two"\r\n\u0001', n: [1, null] },
    });
    expect(parseCjson('{"a": "\n", "b": 007}')).toEqual({ value: { a: "\n", b: 7 } });
    expect(parseCjson('{"a": "\n", }')).toEqual({
      problem: "Expected object key string but found T_OBJ_END at character 12",
    });
  });

  // Each sign of them read once is a matter of milliseconds; once per sign, of minutes.
  test.each([
    ["quotes", `"${'\\"'.repeat(750_000)}`],
    ["quotes, and the beginning of a further one", `"${'\\"'.repeat(750_000)}\\`],
    ["quotes within an object", `{"a":"${'\\"'.repeat(750_000)}`],
    ["signs that end lines", `"${"\n".repeat(1_500_000)}`],
    ["white space", `[${" ".repeat(1_500_000)}x`],
    ["digits", `[${"0".repeat(1_500_000)}x`],
  ])("a long open text of %s is told apart at once", (_, text) => {
    expect(parseCjson(text).problem).toMatch(/^Expected /);
    expect(cpuMsOf(() => parseCjson(text))).toBeLessThan(2000);
  });

  test("never throws", () => {
    const part = fc.constantFrom(...'{}[]:,"\\\n\t\0 0123456789.-eE\u0001atrufalsn/\ud800');
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const parsed = parseCjson(parts.join(""));
        if (parsed.problem === undefined) expect(parsed.value).toBeDefined();
        else expect(parsed.problem).toMatch(/^Expected .+ but found .+ at character \d+$/);
      }),
      { numRuns: 2000 },
    );
  });

  test("what is good is parsed, up to a depth of 1000", () => {
    const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
    expect(parseCjson(nested(1000)).problem).toBeUndefined();
    expect(parseCjson(nested(1001)).problem).toBe("Found too many nested data structures (1001)");
    expect(parseCjson(`["${"[".repeat(2000)}"]`).problem).toBeUndefined();
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseCjson(text)).toEqual({ value: JSON.parse(text) });
      }),
    );
  });
});

describe("PATCH", () => {
  test("merges objects, replaces the rest, removes what is null", () => {
    const origin = { a: { b: 1, c: 2 }, list: [1, 2], gone: 1 };
    const extension = { a: { c: 3, d: { e: 4 } }, list: [3], gone: null };
    expect(merge(origin, extension)).toEqual({ a: { b: 1, c: 3, d: { e: 4 } }, list: [3] });
    expect(origin.a).toEqual({ b: 1, c: 2 });
  });

  test("sets a member at a path, and touches no prototype", () => {
    expect(setAt({ a: { b: 1 } }, "a/c/d", 2)).toEqual({ value: { a: { b: 1, c: { d: 2 } } } });
    expect(setAt({ a: "x" }, "a/b", 2)).toEqual({ problem: "invalid sub-path: /a" });
    expect(setAt({ a: [1] }, "a/0/b", 2)).toEqual({ problem: "invalid sub-path: /a" });
    setAt({}, "__proto__/polluted", true);
    setAt({}, "constructor/prototype/polluted", true);
    merge({}, JSON.parse('{"__proto__":{"polluted":true}}') as JsonObject);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

const secret: AnyPlugin = {
  name: "secret",
  version: 1,
  priority: 1,
  schema: { type: "object", properties: { token: { type: "string" } } },
  encryptFields: ["token", "list.deep.value", "map"],
  create: () => ({}),
};

describe("secrets at rest", () => {
  const catalog = new PluginCatalog([secret]);
  const sealing = new Sealing(new Keyring(["qeddd145sfvddff3", "edd1c9f0985e76a2"]), catalog);

  test("are AES-128-CBC with the first key, as the original stores them", () => {
    // t/node/data_encrypt.t of the original: basic-auth's password "bar".
    expect(new Keyring(["edd1c9f0985e76a2"]).encrypt("bar")).toBe("77+NmbYqNfN+oLm0aX5akg==");
    expect(new Keyring(["edd1c9f0985e76a2"]).decrypt("77+NmbYqNfN+oLm0aX5akg==")).toBe("bar");
  });

  test("are read with any key of the ring, and left alone with none", () => {
    const old = new Keyring(["edd1c9f0985e76a2"]).encrypt("value");
    expect(new Keyring(["qeddd145sfvddff3", "edd1c9f0985e76a2"]).decrypt(old)).toBe("value");
    expect(new Keyring(["qeddd145sfvddff3"]).decrypt("clear text")).toBe("clear text");
    expect(new Keyring([]).encrypt("value")).toBe("value");
    const long = new Keyring(["0123456789abcdef0123456789abcdef"]);
    expect(long.decrypt(long.encrypt("é"))).toBe("é");
  });

  test("are members at any depth, in lists and maps; the rest stays readable", () => {
    const plugins = {
      secret: {
        token: "t",
        list: [{ deep: { value: "v" } }, { other: 1 }],
        map: { a: "x", n: 1 },
        open: "o",
      },
      unknown: { token: "t" },
    };
    const value = { uri: "/x", plugins };
    const sealed = sealing.seal("routes", "1", value) as typeof value;
    expect(sealed.plugins.secret.token).not.toBe("t");
    expect(sealed.plugins.secret.list[0]?.deep?.value).not.toBe("v");
    expect(sealed.plugins.secret.map.a).not.toBe("x");
    expect(sealed.plugins.secret.open).toBe("o");
    expect(sealed.plugins.unknown).toEqual({ token: "t" });
    expect(sealing.shown("routes", "1", sealed)).toEqual(value);
    expect(sealing.open("routes", "1", sealed)).toEqual(value);
  });

  test("private keys are shown encrypted and used in clear text", () => {
    const key = "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n";
    const value = { nodes: {}, tls: { client_cert: "c", client_key: key } };
    const sealed = sealing.seal("upstreams", "1", value) as typeof value;
    expect(sealed.tls.client_key).not.toContain("BEGIN");
    expect(sealing.seal("upstreams", "1", sealed)).toEqual(sealed);
    expect(sealing.shown("upstreams", "1", sealed)).toEqual(sealed);
    expect(sealing.open("upstreams", "1", sealed)).toEqual(value);
    const ssl = sealing.seal("ssls", "1", { key, keys: [key] });
    expect(sealing.open("ssls", "1", ssl)).toEqual({ key, keys: [key] });
  });
});

describe("access", () => {
  const keys = [
    { name: "admin", key: "one", role: "admin" },
    { name: "viewer", key: "two", role: "viewer" },
    { name: "empty", key: "", role: "admin" },
  ] as const;
  const ask = (method: string, headers: Record<string, string>, query = "") =>
    keyProblem(keys, {
      method,
      parts: [],
      query: new URLSearchParams(query),
      headers,
      address: "",
    });

  test("a key comes in the query, a header or a cookie", () => {
    expect(ask("put", { "x-api-key": "one" })).toBeUndefined();
    expect(ask("put", {}, "api_key=one")).toBeUndefined();
    expect(ask("put", { cookie: "a=b; x_api_key=one" })).toBeUndefined();
    expect(ask("put", { "x-api-key": "one" }, "api_key=x")).toBe("wrong apikey");
    expect(ask("put", {})).toBe("missing apikey");
    expect(ask("put", { "x-api-key": "" })).toBe("wrong apikey");
    expect(
      keyProblem(undefined, {
        method: "put",
        parts: [],
        query: new URLSearchParams(),
        headers: {},
        address: "",
      }),
    ).toBeUndefined();
  });

  test("a viewer reads only", () => {
    expect(ask("get", { "x-api-key": "two" })).toBeUndefined();
    for (const method of ["put", "post", "patch", "delete"]) {
      expect(ask(method, { "x-api-key": "two" })).toBe("invalid method for role viewer");
    }
  });

  test("pages of other sites are told from those of this machine", () => {
    const foreign = ["https://example.org", "http://127.0.0.1.example.org", "null", "nonsense"];
    for (const origin of foreign) expect(isForeignPage({ origin }), origin).toBe(true);
    const own = [undefined, "http://localhost:9000", "http://127.0.0.1", "http://[::1]:80"];
    for (const origin of own) expect(isForeignPage({ origin }), origin).toBe(false);
    for (const host of ["evil.example:9180", "127.0.0.1.example.org", "a b"]) {
      expect(isForeignPage({ host }), host).toBe(true);
    }
    for (const host of [undefined, "localhost:9180", "127.0.0.1", "[::1]:9180"]) {
      expect(isForeignPage({ host }), host).toBe(false);
    }
  });

  test("addresses are let in by block", () => {
    const list = new AllowList(["127.0.0.0/24", "::1", "10.1.2.3"]);
    for (const address of ["127.0.0.7", "::ffff:127.0.0.1", "::1", "10.1.2.3"]) {
      expect(list.allows(address), address).toBe(true);
    }
    for (const address of ["127.0.1.1", "10.1.2.4", "::2", ""]) {
      expect(list.allows(address), address).toBe(false);
    }
    expect(new AllowList(undefined).allows("8.8.8.8")).toBe(true);
    expect(["1.2.3.4", "1.2.3.0/24", "::/0"].every(isBlock)).toBe(true);
    expect(["1.2.3", "1.2.3.4/33", "a", "1.2.3.4/8/8", ""].some(isBlock)).toBe(false);
  });
});

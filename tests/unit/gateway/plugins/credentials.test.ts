/** Parsers of what clients send to say who they are: exact on what is right, and never thrown off. */
import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { parseBasic } from "../../../../src/gateway/plugins/basic-auth.ts";
import { decodeBase64, decodeBase64Url } from "../../../../src/gateway/plugins/lib/base64.ts";
import {
  fieldsProblem,
  parseHmacHeader,
  signRequest,
} from "../../../../src/gateway/plugins/lib/hmac-signature.ts";
import { parseHttpTime } from "../../../../src/gateway/plugins/lib/http-time.ts";
import { parseJws, verifyJws } from "../../../../src/gateway/plugins/lib/jws.ts";
import { claimsProblem } from "../../../../src/gateway/plugins/lib/jwt-claims.ts";
import { hostOfReferer } from "../../../../src/gateway/plugins/referer-restriction.ts";
import { cpuMsOf } from "../../../helpers/cpu-time.ts";
import { fc } from "../../../helpers/property.ts";

describe("base64", () => {
  test.each([
    ["", ""],
    ["Zm9v", "foo"],
    ["Zm8=", "fo"],
    ["Zm8", "fo"],
    ["Zm8=ignored", "fo"],
    ["=", ""],
  ])("%j is %j", (text, decoded) => {
    expect(decodeBase64(text)?.toString()).toBe(decoded);
  });

  test.each(["Z", "Zm9v Zg", "Zm9v\n", "Zm-_", "ä"])("%j is none", (text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });

  test("reads what was written, in both alphabets", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (array) => {
        const bytes = Buffer.from(array);
        expect(decodeBase64(bytes.toString("base64"))).toEqual(bytes);
        expect(decodeBase64Url(bytes.toString("base64url"))).toEqual(bytes);
      }),
    );
  });
});

describe("Basic", () => {
  test("any name without blank and colon, any password", () => {
    const word = fc.string({ minLength: 1 }).filter((text) => !/[\s:]/.test(text));
    fc.assert(
      fc.property(word, word, (username, password) => {
        expect(parseBasic(basicOf(`${username}:${password}`))).toEqual({ username, password });
      }),
    );
  });

  test.each([
    ["user::x", { username: "user", password: "" }],
    [":x", { username: "", password: "x" }],
    ["user:x:", { username: "user", password: "x" }],
    ["user:", undefined],
    ["user::", undefined],
    [":", undefined],
    ["", undefined],
  ])("%j", (text, expected) => {
    expect(parseBasic(basicOf(text))).toEqual(expected);
  });
});

describe("Signature", () => {
  test("fields in any order, unknown and broken ones skipped", () => {
    const header =
      'Signature signature="c2ln", nonsense,other="x",headers="date x-a",' +
      'algorithm="hmac-sha256" ,keyId="me"';
    expect(parseHmacHeader(header)).toEqual({
      keyId: "me",
      algorithm: "hmac-sha256",
      headers: ["date", "x-a"],
      signature: "c2ln",
    });
    expect(parseHmacHeader("Basic x")).toBeUndefined();
    expect(parseHmacHeader("Signature")).toEqual({});
  });

  test("what is signed: id, target, headers that are there; a line each", () => {
    const fields = {
      keyId: "me",
      algorithm: "hmac-sha512",
      headers: ["@request-target", "x-a", "x-b"],
    };
    const header = (name: string) => (name === "x-a" ? "1" : undefined);
    const expected = createHmac("sha512", "k").update("me\nGET /a?b\nx-a: 1\n").digest();
    expect(signRequest("k", fields, "GET /a?b", header)).toEqual(expected);
  });

  const RULES = {
    allowed_algorithms: ["hmac-sha256"],
    clock_skew: 10,
    signed_headers: ["date", "host"],
  };
  const FIELDS = {
    keyId: "me",
    algorithm: "hmac-sha256",
    headers: ["date", "host"],
    signature: "eA==",
  };
  const DATE = "Sun, 06 Nov 1994 08:49:37 GMT";
  const NOW = 784_111_777;

  test.each([
    [FIELDS, DATE, NOW, undefined],
    [FIELDS, DATE, NOW + 10, undefined],
    [FIELDS, DATE, NOW - 10, undefined],
    [FIELDS, DATE, NOW + 11, "Clock skew exceeded"],
    [FIELDS, DATE, NOW - 11, "Clock skew exceeded"],
    [FIELDS, undefined, NOW, "Date header missing. failed to validate clock skew"],
    [FIELDS, "now", NOW, "Invalid GMT format time"],
    [{ ...FIELDS, headers: ["date"] }, DATE, NOW, 'expected header "host" missing in signing'],
    [{ ...FIELDS, algorithm: "hmac-sha1" }, DATE, NOW, "Invalid algorithm"],
    [{ keyId: "me", signature: "" }, DATE, NOW, "algorithm missing"],
    [{ keyId: "me" }, DATE, NOW, "keyId or signature missing"],
  ])("%j, %s, %i: %s", (fields, date, now, expected) => {
    expect(fieldsProblem(RULES, fields, date, now)).toBe(expected);
  });
});

test.each([
  ["Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777],
  ["Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777],
  ["Sun Nov  6 08:49:37 1994", 784_111_777],
  ["Sun, 06 Nov 1994 08:49:37", undefined],
  ["Sun, 06 Nov 1994 08:49:37 +0100", undefined],
  ["Sun, 06 Nox 1994 08:49:37 GMT", undefined],
  ["1994-11-06T08:49:37Z", undefined],
  ["", undefined],
])("time %j is %s", (text, seconds) => {
  expect(parseHttpTime(text)).toBe(seconds);
});

describe("tokens", () => {
  const NOW = 1000;

  test.each([
    [{}, undefined, 0, undefined],
    [{ exp: 1001 }, undefined, 0, undefined],
    [{ exp: 1000 }, undefined, 0, "'exp' claim expired"],
    [{ exp: 999 }, undefined, 2, undefined],
    [{ nbf: 999 }, [], 0, undefined],
    [{ nbf: 1000 }, [], 0, "'nbf' claim not valid until then"],
    [{ nbf: 1000 }, [], 1, undefined],
    [{ nbf: "1" }, undefined, 0, "claim nbf is not a number"],
    [{ nbf: 1 }, ["exp"], 0, "claim exp is missing"],
    [{ exp: 1, nbf: 1 }, ["nbf"], 0, undefined],
  ])("%j, named %j, grace %i: %s", (payload, named, grace, expected) => {
    expect(claimsProblem(payload, named, NOW, grace)).toBe(expected);
  });

  test("a shared secret verifies no other algorithm, a wrong key nothing", () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const signed = `${part({ alg: "HS256" })}.${part({ a: 1 })}`;
    const signature = createHmac("sha256", "k").update(signed).digest("base64url");
    const jws = parseJws(`${signed}.${signature}`);
    if (jws === undefined) throw new Error("the token was not read");
    expect(jws.payload).toEqual({ a: 1 });
    expect(verifyJws(jws, "HS256", Buffer.from("k"))).toBe(true);
    expect(verifyJws(jws, "HS256", Buffer.from("K"))).toBe(false);
    expect(verifyJws(jws, "HS384", Buffer.from("k"))).toBe(false);
    expect(verifyJws(jws, "RS256", Buffer.from("k"))).toBe(false);
    expect(verifyJws(jws, "none", Buffer.from("k"))).toBe(false);
  });
});

test("nothing that a client sends throws", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.string(), (bytes, text) => {
      for (const sent of [Buffer.from(bytes).toString("latin1"), text]) {
        parseBasic(`Basic ${sent}`);
        parseHmacHeader(`Signature ${sent}`);
        parseJws(sent);
        parseJws(`${sent}.${sent}.${sent}`);
        parseHttpTime(sent);
        hostOfReferer(`http://${sent}`);
        decodeBase64(sent);
      }
    }),
  );
});

test.each<[string, (length: number) => unknown]>([
  ["colons", (length) => parseBasic(basicOf(`${":".repeat(length)}x`))],
  ["schemes", (length) => parseBasic("basic ".repeat(length / 6))],
  ["blanks", (length) => parseHmacHeader(`Signature${" ".repeat(length)}`)],
  ["a name without end", (length) => parseHmacHeader(`Signature${"a".repeat(length)}`)],
  ["values without end", (length) => parseHmacHeader(`Signature${'a="'.repeat(length / 3)}`)],
  ["brackets", (length) => hostOfReferer(`http://${"[]".repeat(length / 2)}`)],
  ["dots", (length) => parseJws(".".repeat(length))],
])("no header takes long to read: %s", (_, read) => {
  read(60);
  // Some milliseconds; seconds for anything that grows with the square.
  expect(cpuMsOf(() => read(60_000))).toBeLessThan(500);
});

function basicOf(text: string): string {
  return `Basic ${Buffer.from(text).toString("base64")}`;
}

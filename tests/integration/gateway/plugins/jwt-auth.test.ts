import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { SignJWT } from "jose";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import { startUpstream } from "../../../helpers/gateway.ts";
import { sharedGateway } from "../../../helpers/shared-gateway.ts";

const NOW = Date.parse("2026-11-20T12:00:00Z");
const SECONDS = NOW / 1000;
const SECRET = "a secret that is long enough for every algorithm: 0123456789abcdef";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const curve = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve });
const PAIRS: Readonly<Record<string, { publicKey: KeyObject; privateKey: KeyObject }>> = {
  RS256: rsa,
  RS384: rsa,
  RS512: rsa,
  PS256: rsa,
  PS384: rsa,
  PS512: rsa,
  ES256: curve("P-256"),
  ES384: curve("P-384"),
  ES512: curve("P-521"),
  EdDSA: generateKeyPairSync("ed25519"),
};
const SHARED = ["HS256", "HS384", "HS512"];

const { gateway, upstream } = await sharedGateway({ now: () => NOW });

beforeAll(async () => {
  await putConsumer("jack", { key: "jack", secret: SECRET });
  for (const algorithm of SHARED) {
    await putConsumer(algorithm, { key: algorithm, secret: SECRET, algorithm });
  }
  for (const [algorithm, { publicKey }] of Object.entries(PAIRS)) {
    const pem = publicKey.export({ type: "spki", format: "pem" }) as string;
    await putConsumer(algorithm, { key: algorithm, algorithm, public_key: pem });
  }
  const secret = Buffer.from(SECRET).toString("base64");
  await putConsumer("b64", { key: "b64", secret, base64_secret: true });
  await putConsumer("graced", { key: "graced", secret: SECRET, lifetime_grace_period: 10 });
  await gateway.put("/consumers/anonymous", { username: "anonymous" });
});

beforeEach(() => configure({}));

function putConsumer(username: string, conf: JsonObject): Promise<void> {
  return gateway.put(`/consumers/${username}`, { username, plugins: { "jwt-auth": conf } });
}

function configure(conf: JsonObject): Promise<void> {
  const plugins = { "jwt-auth": conf };
  return gateway.put("/routes/1", { uri: "/*", plugins, upstream: upstream.upstream });
}

function sign(
  payload: JsonObject,
  { alg = "HS256", key = Buffer.from(SECRET) as Uint8Array | KeyObject } = {},
): Promise<string> {
  return new SignJWT(payload).setProtectedHeader({ alg, typ: "JWT" }).sign(key);
}

function send(authorization: string) {
  return gateway.send("/hello", { headers: { authorization } });
}

describe("algorithms", () => {
  test.each([...SHARED, ...Object.keys(PAIRS)])("%s", async (alg) => {
    const key = PAIRS[alg]?.privateKey ?? Buffer.from(SECRET);
    const token = await sign({ key: alg, exp: SECONDS + 1 }, { alg, key });
    expect((await send(token)).status).toBe(200);
    expect(upstream.last().headers["x-consumer-username"]).toBe(alg);
    const [head, , signature] = token.split(".");
    const other = Buffer.from(JSON.stringify({ key: alg, admin: true })).toString("base64url");
    expect((await send(`${head}.${other}.${signature}`)).status).toBe(401);
  });

  test("a token cannot choose its algorithm", async () => {
    const pem = rsa.publicKey.export({ type: "spki", format: "pem" }) as string;
    const confused = await sign({ key: "RS256" }, { key: Buffer.from(pem) });
    const other = await sign({ key: "HS512" });
    const part = (value: JsonObject) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const none = `${part({ alg: "none" })}.${part({ key: "jack" })}.`;
    for (const token of [confused, other, none]) {
      const answer = await send(token);
      expect([answer.status, answer.json]).toEqual([401, { message: "failed to verify jwt" }]);
    }
  });

  test("a secret may be given in base64", async () => {
    expect((await send(await sign({ key: "b64" }))).status).toBe(200);
  });
});

describe("places", () => {
  test("header with and without Bearer, then query, then cookie", async () => {
    const token = await sign({ key: "jack" });
    for (const authorization of [token, `Bearer ${token}`, `bearer ${token}`]) {
      expect((await send(authorization)).status).toBe(200);
    }
    expect((await gateway.send(`/hello?jwt=${token}`)).status).toBe(200);
    expect(
      (await gateway.send("/hello", { headers: { cookie: `a=b; jwt=${token}` } })).status,
    ).toBe(200);
    const wrong = await gateway.send(`/hello?jwt=${token}`, { headers: { authorization: "x" } });
    expect(wrong.status).toBe(401);
  });

  test("their names are configured", async () => {
    await configure({ header: "x-jwt", query: "q", cookie: "c", key_claim_name: "iss" });
    const token = await sign({ iss: "jack" });
    expect((await gateway.send("/hello", { headers: { "x-jwt": token } })).status).toBe(200);
    expect((await gateway.send(`/hello?q=${token}`)).status).toBe(200);
    expect((await gateway.send("/hello", { headers: { cookie: `c=${token}` } })).status).toBe(200);
    expect((await send(token)).json).toEqual({ message: "Missing JWT token in request" });
  });

  test("hide_credentials takes the token from what goes upstream", async () => {
    await configure({ hide_credentials: true });
    const token = await sign({ key: "jack" });
    await send(`Bearer ${token}`);
    expect(upstream.last().headers["authorization"]).toBeUndefined();
    await gateway.send(`/hello?a=1&jwt=${token}`);
    expect(upstream.last().url).toBe("/hello?a=1");
    await gateway.send("/hello", { headers: { cookie: `a=b%20c; jwt=${token}; d="e f"` } });
    expect(upstream.last().headers["cookie"]).toBe('a=b%20c; d="e f"');
    await gateway.send("/hello", { headers: { cookie: `jwt=${token}` } });
    expect(upstream.last().headers["cookie"]).toBeUndefined();
  });
});

describe("refusals", () => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

  test.each<[string, string]>([
    ["x", "JWT token invalid"],
    ["a.b.c", "JWT token invalid"],
    [`${part({ alg: "HS256" })}.${part([1])}.x`, "JWT token invalid"],
    [`${part({ alg: "HS256" })}.${part({})}.eA.eA`, "JWT token invalid"],
    [`${part({ alg: "HS256" })}.${part({})}.eA`, "missing user key in JWT token"],
    [`${part({ alg: "HS256" })}.${part({ key: 7 })}.eA`, "Invalid user key in JWT token"],
    [`${part({ alg: "HS256" })}.${part({ key: "x" })}.eA`, "Invalid user key in JWT token"],
    [`${part({ alg: "HS256" })}.${part({ key: "jack" })}.eA`, "failed to verify jwt"],
    [`${part({})}.${part({ key: "jack" })}.eA`, "failed to verify jwt"],
    [`${part({ alg: "RS256" })}.${part({ key: "RS256" })}.eA`, "failed to verify jwt"],
    [`${part({ alg: "ES256" })}.${part({ key: "ES256" })}.eA`, "failed to verify jwt"],
    [`${part({ alg: "EdDSA" })}.${part({ key: "EdDSA" })}.eA`, "failed to verify jwt"],
  ])("%s: %s", async (token, message) => {
    const before = upstream.received.length;
    const answer = await send(token);
    expect([answer.status, answer.text]).toEqual([401, `${JSON.stringify({ message })}\n`]);
    expect(answer.headers["www-authenticate"]).toBe('Bearer realm="jwt"');
    expect(upstream.received.length).toBe(before);
  });

  test("none is missing; one without value or repeated is invalid", async () => {
    const none = await gateway.send("/hello");
    expect(none.json).toEqual({ message: "Missing JWT token in request" });
    expect((await gateway.send("/hello?jwt")).json).toEqual({ message: "JWT token invalid" });
    expect((await gateway.send("/hello?jwt=a&jwt=b")).json).toEqual({
      message: "JWT token invalid",
    });
  });
});

describe("times", () => {
  test.each<[JsonObject, number]>([
    [{}, 200],
    [{ exp: SECONDS + 1 }, 200],
    [{ exp: SECONDS }, 401],
    [{ nbf: SECONDS - 1 }, 200],
    [{ nbf: SECONDS }, 401],
    [{ exp: "tomorrow" }, 401],
    [{ nbf: null }, 401],
  ])("%j: %i", async (claims, status) => {
    expect((await send(await sign({ key: "jack", ...claims }))).status).toBe(status);
  });

  test("a period of grace is added on both ends", async () => {
    const late = await sign({ key: "graced", exp: SECONDS - 9 });
    const later = await sign({ key: "graced", exp: SECONDS - 10 });
    const early = await sign({ key: "graced", nbf: SECONDS + 9 });
    const statuses = [await send(late), await send(later), await send(early)].map((a) => a.status);
    expect(statuses).toEqual([200, 401, 200]);
  });

  test("claims that are named must be there, others are not looked at", async () => {
    await configure({ claims_to_verify: ["nbf"] });
    expect((await send(await sign({ key: "jack", exp: SECONDS + 9 }))).status).toBe(401);
    expect((await send(await sign({ key: "jack", nbf: 1, exp: 1 }))).status).toBe(200);
    await configure({ claims_to_verify: [] });
    expect((await send(await sign({ key: "jack", exp: 1 }))).status).toBe(401);
  });
});

test("store_in_ctx keeps the claims as a variable for later plugins", async () => {
  await using service = await startUpstream();
  const put = (conf: JsonObject) => {
    const extra_headers = { "X-Claims": "$jwt_auth_payload" };
    const forward = { uri: `http://${service.address}/`, extra_headers };
    const plugins = { "jwt-auth": conf, "forward-auth": forward };
    return gateway.put("/routes/1", { uri: "/*", plugins, upstream: upstream.upstream });
  };
  const token = await sign({ key: "jack", role: "admin" });
  await put({ store_in_ctx: true });
  expect((await send(token)).status).toBe(200);
  expect(service.last().headers["x-claims"]).toBe('{"key":"jack","role":"admin"}');
  await put({});
  expect((await send(token)).status).toBe(200);
  expect(service.last().headers["x-claims"]).toBe("");
});

test("realm and the anonymous consumer", async () => {
  await configure({ realm: "mine" });
  expect((await send("x")).headers["www-authenticate"]).toBe('Bearer realm="mine"');
  await configure({ anonymous_consumer: "anonymous" });
  expect((await send("x")).status).toBe(200);
  expect(upstream.last().headers["x-consumer-username"]).toBe("anonymous");
  await configure({ anonymous_consumer: "nobody" });
  expect((await send("x")).json).toEqual({ message: "Invalid user authorization" });
});

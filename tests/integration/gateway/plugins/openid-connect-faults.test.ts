/** openid-connect with a provider that fails, changes its keys or its mind; on a clock of its own. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { SignJWT } from "jose";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import {
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from "../../../helpers/gateway.ts";

const NOW = Date.parse("2026-11-20T12:00:00Z");
const KEYS: Readonly<Record<string, { publicKey: KeyObject; privateKey: KeyObject }>> = {
  RS256: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ES256: generateKeyPairSync("ec", { namedCurve: "P-256" }),
  EdDSA: generateKeyPairSync("ed25519"),
};

type Answer = { readonly status?: number; readonly body: unknown };

let now: number;
let gateway: TestGateway;
let upstream: TestUpstream;
let provider: TestUpstream;
let issuer: string;
/** By path; a text goes out as it is, undefined is never answered. */
let answers: Record<string, Answer | undefined>;

beforeEach(async () => {
  now = NOW;
  gateway = await startGateway({ now: () => now });
  upstream = await startUpstream();
  provider = await startUpstream(({ url }, response) => {
    const answer = answers[url];
    if (answer === undefined) return;
    const { status = 200, body } = answer;
    response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));
  });
  issuer = `http://${provider.address}`;
  answers = {
    "/discovery": {
      body: { issuer, jwks_uri: `${issuer}/jwks`, introspection_endpoint: `${issuer}/ask` },
    },
    "/jwks": { body: { keys: [jwk("RS256"), jwk("ES256"), jwk("EdDSA")] } },
    "/ask": { body: { active: true, scope: "read", exp: NOW / 1000 + 100 } },
  };
});

afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

function jwk(alg: string, kid = alg): JsonObject {
  return { ...(KEYS[alg]?.publicKey.export({ format: "jwk" }) as JsonObject), kid, alg };
}

function configure(conf: JsonObject): Promise<void> {
  const discovery = `${issuer}/discovery`;
  const base = { client_id: "me", client_secret: "s", discovery, bearer_only: true };
  const plugins = { "openid-connect": { ...base, ...conf } };
  return gateway.put("/routes/1", { uri: "/*", plugins, upstream: upstream.upstream });
}

function send(token: string, headers: Readonly<Record<string, string>> = {}) {
  return gateway.send("/hello", { headers: { authorization: `Bearer ${token}`, ...headers } });
}

async function reasonOf(token: string): Promise<string | undefined> {
  const { status, headers } = await send(token);
  expect(status).toBe(401);
  return /error_description="([^"]*)"$/.exec(headers["www-authenticate"] ?? "")?.[1];
}

function sign(claims: JsonObject = {}, alg = "RS256", kid = alg): Promise<string> {
  const key = KEYS[alg]?.privateKey as KeyObject;
  return new SignJWT({ iss: issuer, ...claims }).setProtectedHeader({ alg, kid }).sign(key);
}

function countOf(path: string): number {
  return provider.received.filter(({ url }) => url === path).length;
}

describe("keys", () => {
  beforeEach(() => configure({ use_jwks: true }));

  test.each(["RS256", "ES256", "EdDSA"])("%s", async (alg) => {
    expect((await send(await sign({}, alg))).status).toBe(200);
  });

  test("a new key is fetched when a token names it, but not all the time", async () => {
    const token = await sign({}, "RS256", "new");
    expect(await reasonOf(token)).toContain("no applicable key found");
    answers["/jwks"] = { body: { keys: [jwk("RS256", "new")] } };
    now += 29_999;
    await reasonOf(token);
    expect(countOf("/jwks")).toBe(1);
    now += 1;
    expect((await send(token)).status).toBe(200);
    expect(countOf("/jwks")).toBe(2);
  });

  test("keys are kept for their time, the discovery document for a day", async () => {
    await configure({ use_jwks: true, jwk_expires_in: 10, jwt_verification_cache_ignore: true });
    const token = await sign();
    for (const wait of [0, 9_999, 1, 86_400_000]) {
      now += wait;
      expect((await send(token)).status).toBe(200);
    }
    expect([countOf("/discovery"), countOf("/jwks")]).toEqual([2, 3]);
  });

  test("a key that is shared, or none at all, is no key", async () => {
    const pem = KEYS["RS256"]?.publicKey.export({ type: "spki", format: "pem" }) as string;
    await configure({ public_key: pem });
    const shared = await new SignJWT({ iss: issuer })
      .setProtectedHeader({ alg: "HS256" })
      .sign(Buffer.from(pem));
    expect((await send(shared)).status).toBe(401);
    const part = (value: JsonObject) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const none = (claims: JsonObject) => `${part({ alg: "none" })}.${part(claims)}.`;
    expect(await reasonOf(none({ iss: issuer }))).toBe(
      "token uses none alg but accept_none_alg is not enabled",
    );
    await configure({ public_key: pem, accept_none_alg: true });
    expect((await send(none({ iss: issuer }))).status).toBe(200);
    expect((await send(none({ iss: "other" }))).status).toBe(401);
    expect((await send(none({ iss: issuer, exp: NOW / 1000 - 1 }))).status).toBe(401);
  });

  test("a public key that is none lets nobody in", async () => {
    await configure({ public_key: "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----" });
    expect(await reasonOf(await sign())).toBe("the public key cannot be read");
  });
});

describe("times", () => {
  beforeEach(() => configure({ use_jwks: true }));

  test("a token ends when it says, also when it was accepted before", async () => {
    const token = await sign({ exp: NOW / 1000 + 10 });
    expect((await send(token)).status).toBe(200);
    now += 9_999;
    expect((await send(token)).status).toBe(200);
    now += 1;
    expect(await reasonOf(token)).toContain("'exp' claim timestamp check failed");
    expect((await send(await sign({ nbf: NOW / 1000 + 60 }))).status).toBe(401);
  });
});

describe("introspection", () => {
  test("an answer is kept until the token ends", async () => {
    await configure({});
    for (const wait of [0, 99_999, 1]) {
      now += wait;
      expect((await send("t")).status).toBe(200);
    }
    expect(countOf("/ask")).toBe(2);
  });

  test("or for a shorter time, or as long as another claim says", async () => {
    await configure({ introspection_interval: 10 });
    for (const wait of [0, 9_999, 1]) {
      now += wait;
      await send("t");
    }
    expect(countOf("/ask")).toBe(2);
    answers["/ask"] = { body: { active: true, ttl: 5 } };
    await configure({ introspection_expiry_claim: "ttl", cache_segment: "other" });
    for (const wait of [0, 4_999, 1]) {
      now += wait;
      await send("t");
    }
    expect(countOf("/ask")).toBe(4);
  });

  test("what is not active, or has no end, is asked each time", async () => {
    await configure({});
    answers["/ask"] = { body: { active: false } };
    expect(await reasonOf("t")).toBe("invalid token");
    answers["/ask"] = { body: { active: true } };
    expect((await send("t")).status).toBe(200);
    expect((await send("t")).status).toBe(200);
    expect(countOf("/ask")).toBe(3);
  });

  test("the form has the token; headers of the client go along when named", async () => {
    await configure({ introspection_addon_headers: ["X-Tenant", "X-None"] });
    await send("t", { "x-tenant": "one", "x-other": "two" });
    const { method, body, headers } = provider.last();
    expect([method, body]).toEqual(["POST", "token=t&client_id=me"]);
    expect(headers).toMatchObject({
      "content-type": "application/x-www-form-urlencoded",
      authorization: `Basic ${Buffer.from("me:s").toString("base64")}`,
      "x-tenant": "one",
    });
    expect(headers["x-other"]).toBeUndefined();
    expect(headers["x-none"]).toBeUndefined();
  });

  test("a private key that cannot sign is not told", async () => {
    await configure({
      introspection_endpoint_auth_method: "private_key_jwt",
      client_rsa_private_key: "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----",
    });
    expect(await reasonOf("t")).toBe("introspection unavailable");
    expect(JSON.stringify(gateway.logs())).not.toContain("c2VjcmV0");
  });
});

describe("a provider that fails", () => {
  const REASON = { use_jwks: "issuer validation unavailable", ask: "introspection unavailable" };

  test.each<[string, Answer]>([
    ["an error", { status: 500, body: {} }],
    ["no JSON", { body: "<html>" }],
    ["no object", { body: [1] }],
    ["a redirect", { status: 302, body: "" }],
    ["too much", { body: `{"x":"${"x".repeat(1024 * 1024)}"}` }],
    ["nothing of use", { body: {} }],
  ])("%s: nobody gets in, and the next try may succeed", async (_, answer) => {
    const token = await sign();
    const right = answers["/discovery"];
    answers["/discovery"] = answer;
    await configure({ use_jwks: true });
    expect(await reasonOf(token)).toBe(REASON.use_jwks);
    await configure({ cache_segment: "x" });
    expect(await reasonOf(token)).toBe(REASON.ask);
    if (JSON.stringify(answer.body) === "{}" && answer.status === undefined) return;
    answers["/discovery"] = right;
    expect((await send(token)).status).toBe(200);
  });

  test("it has a second, if so configured", async () => {
    answers["/ask"] = undefined;
    await configure({ timeout: 1 });
    const begun = performance.now();
    expect(await reasonOf("t")).toBe(REASON.ask);
    expect(performance.now() - begun).toBeLessThan(3000);
  });

  test("issuers of the configuration are enough without it", async () => {
    const pem = KEYS["RS256"]?.publicKey.export({ type: "spki", format: "pem" }) as string;
    answers = {};
    const claim_validator = { issuer: { valid_issuers: ["http://one", issuer] } };
    await configure({ public_key: pem, claim_validator });
    expect((await send(await sign())).status).toBe(200);
    expect(await reasonOf(await sign({ iss: "http://two" }))).toContain("iss");
    expect(provider.received).toHaveLength(0);
  });
});

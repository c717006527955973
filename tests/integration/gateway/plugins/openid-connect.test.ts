/** openid-connect against a real provider. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import {
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from "../../../helpers/gateway.ts";
import {
  CLIENT_SECRET,
  type OpenidProvider,
  startOpenidProvider,
} from "../../../helpers/openid-provider.ts";

let gateway: TestGateway;
let upstream: TestUpstream;
let provider: OpenidProvider;
let jwt: string;
let opaque: string;

beforeAll(async () => {
  provider = await startOpenidProvider();
  upstream = await startUpstream();
  jwt = await provider.token("jwt", "read write");
  opaque = await provider.token("opaque");
});

beforeEach(async () => {
  gateway = await startGateway();
  provider.asked.length = 0;
  return () => gateway[Symbol.asyncDispose]();
});

afterAll(async () => {
  await upstream[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

function configure(conf: JsonObject): Promise<void> {
  const base = {
    client_id: "client_secret_basic",
    client_secret: CLIENT_SECRET,
    discovery: provider.discovery,
    bearer_only: true,
  };
  const plugins = { "openid-connect": { ...base, ...conf } };
  return gateway.put("/routes/1", { uri: "/*", plugins, upstream: upstream.upstream });
}

function send(token?: string, headers: Readonly<Record<string, string>> = {}) {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return gateway.send("/hello", { headers: { ...authorization, ...headers } });
}

function userinfo(): unknown {
  const encoded = upstream.last().headers["x-userinfo"];
  return JSON.parse(Buffer.from(String(encoded), "base64").toString("utf8"));
}

describe("keys of the provider", () => {
  beforeEach(() => configure({ use_jwks: true }));

  test("a token of the provider lets in; the upstream learns of it", async () => {
    expect((await send(jwt)).status).toBe(200);
    const { headers } = upstream.last();
    expect(headers["x-access-token"]).toBe(jwt);
    expect(headers["authorization"]).toBe(`Bearer ${jwt}`);
    expect(userinfo()).toMatchObject({ iss: provider.issuer, scope: "read write" });
  });

  test("document and keys are fetched once, also for requests at the same time", async () => {
    const answers = await Promise.all([send(jwt), send(jwt), send(jwt)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(provider.asked).toEqual(["/.well-known/openid-configuration", "/jwks"]);
  });

  test("a token that was changed does not", async () => {
    const [head, payload, signature] = jwt.split(".");
    const claims = JSON.parse(Buffer.from(payload ?? "", "base64url").toString("utf8"));
    const other = Buffer.from(JSON.stringify({ ...claims, sub: "x" })).toString("base64url");
    const answer = await send(`${head}.${other}.${signature}`);
    expect(answer.status).toBe(401);
    expect(answer.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(answer.headers["www-authenticate"]).toBe(
      'Bearer realm="apisix", error="invalid_token", ' +
        'error_description="jwt signature verification failed: signature verification failed"',
    );
    expect((await send(opaque)).headers["www-authenticate"]).toContain(
      'error_description="invalid jwt: invalid jwt string"',
    );
  });
});

test("a key of the configuration verifies without asking for keys", async () => {
  await configure({ public_key: provider.publicKey });
  expect((await send(jwt)).status).toBe(200);
  expect(provider.asked).toEqual(["/.well-known/openid-configuration"]);
  const oneLine = provider.publicKey.trim().replaceAll("\n", " ");
  await configure({ public_key: oneLine });
  expect((await send(jwt)).status).toBe(200);
});

describe("introspection", () => {
  test.each(["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"])(
    "as %s",
    async (method) => {
      await configure({
        client_id: method,
        introspection_endpoint_auth_method: method,
        client_rsa_private_key: provider.clientPrivateKey,
        client_jwt_assertion_audience: provider.issuer,
      });
      expect((await send(opaque)).status).toBe(200);
      expect(userinfo()).toMatchObject({ active: true, scope: "read" });
      expect(upstream.last().headers["x-access-token"]).toBe(opaque);
      const wrong = await send("no such token");
      expect(wrong.headers["www-authenticate"]).toBe(
        'Bearer realm="apisix", error="invalid_token", error_description="invalid token"',
      );
    },
  );

  test("an answer is kept until the token ends", async () => {
    await configure({});
    for (let time = 0; time < 3; time++) expect((await send(opaque)).status).toBe(200);
    expect(provider.asked.filter((path) => path === "/token/introspection")).toHaveLength(1);
  });

  test("the endpoint may be configured", async () => {
    await configure({ introspection_endpoint: `${provider.issuer}/token/introspection` });
    expect((await send(opaque)).status).toBe(200);
    expect(provider.asked).toEqual(["/token/introspection"]);
  });

  test("a secret that is wrong lets nobody in, and is not told", async () => {
    await configure({ client_secret: "wrong" });
    const answer = await send(opaque);
    expect(answer.status).toBe(401);
    expect(answer.headers["www-authenticate"]).toContain("introspection unavailable");
    expect(JSON.stringify(gateway.logs())).not.toContain(opaque);
  });
});

describe("requests without token", () => {
  test("are told what is missing", async () => {
    await configure({ use_jwks: true, realm: "mine" });
    for (const headers of [{}, { authorization: "Basic eA==" }] as const) {
      const answer = await send(undefined, headers);
      expect([answer.status, answer.headers["www-authenticate"]]).toEqual([
        401,
        'Bearer realm="mine"',
      ]);
    }
    expect((await send(undefined, { authorization: "Bearer" })).status).toBe(400);
  });

  test.each([
    ["deny", 401],
    ["pass", 200],
  ])("%s: %i, unless a token is demanded", async (action, status) => {
    const session = { secret: "0123456789abcdef" };
    await configure({ bearer_only: false, unauth_action: action, session, use_jwks: true });
    expect((await send()).status).toBe(status);
    expect((await send("wrong")).status).toBe(401);
    expect((await send(jwt)).status).toBe(200);
  });
});

test("headers that the plugin sets cannot come from the client", async () => {
  await configure({
    use_jwks: true,
    set_access_token_header: false,
    set_userinfo_header: false,
  });
  const forged = {
    "x-access-token": "x",
    "x-userinfo": "x",
    "x-id-token": "x",
    "x-refresh-token": "x",
    "x-raw-id-token": "x",
  };
  expect((await send(jwt, forged)).status).toBe(200);
  const { headers } = upstream.last();
  for (const name of Object.keys(forged)) expect(headers[name]).toBeUndefined();
});

test("a token may come in X-Access-Token, and go on in Authorization", async () => {
  await configure({ use_jwks: true, access_token_in_authorization_header: true });
  expect((await send(undefined, { "x-access-token": jwt })).status).toBe(200);
  expect(upstream.last().headers["authorization"]).toBe(`Bearer ${jwt}`);
  expect(upstream.last().headers["x-access-token"]).toBeUndefined();
});

describe("claims", () => {
  test.each<[JsonObject, number, string | undefined]>([
    [{ required_scopes: ["read", "write"] }, 200, undefined],
    [
      { required_scopes: ["read", "admin"] },
      403,
      '{"error":"required scopes read, admin not present"}',
    ],
    [{ claim_validator: { audience: { match_with_client_id: true } } }, 200, undefined],
    [
      { client_id: "other", claim_validator: { audience: { match_with_client_id: true } } },
      403,
      '{"error":"mismatched audience"}',
    ],
    [
      { claim_validator: { audience: { claim: "none", required: true } } },
      403,
      '{"error":"required audience claim not present"}',
    ],
    [
      { claim_validator: { audience: { claim: "none", match_with_client_id: true } } },
      403,
      '{"error":"required audience claim not present"}',
    ],
    [{ claim_schema: { type: "object", required: ["scope"] } }, 200, undefined],
    [{ claim_schema: { type: "object", required: ["email"] } }, 401, undefined],
    [{ claim_validator: { issuer: { valid_issuers: ["http://other"] } } }, 401, undefined],
    [{ token_signing_alg_values_expected: "RS256" }, 200, undefined],
    [{ token_signing_alg_values_expected: "RS512" }, 401, undefined],
  ])("%j: %i", async (conf, status, text) => {
    await configure({ use_jwks: true, ...conf });
    const answer = await send(jwt);
    expect(answer.status).toBe(status);
    if (text !== undefined) expect(answer.text).toBe(text);
  });

  test("what is wrong by claim_schema is told", async () => {
    await configure({ use_jwks: true, claim_schema: { type: "object", required: ["email"] } });
    expect((await send(jwt)).headers["www-authenticate"]).toBe(
      'Bearer realm="apisix", error="invalid_token", ' +
        "error_description=\"property 'email' is required\"",
    );
  });
});

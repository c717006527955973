import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/core/documents.ts";
import { apiDocument, startApiGateway, type TestApiGateway } from "../../helpers/api-gateway.ts";
import { startUpstream, type TestUpstream } from "../../helpers/gateway.ts";

const FAILED = "Error: OAuth token didn't work or provider doesn't support OpenID connect";

type Setup = AsyncDisposable & {
  readonly gateway: TestApiGateway;
  readonly provider: TestUpstream;
  call(headers: Record<string, string>): ReturnType<TestApiGateway["send"]>;
};

async function setUp(name: string, answer: JsonObject, now?: () => number): Promise<Setup> {
  const backend = await startUpstream();
  const provider = await startUpstream((_, response: ServerResponse) => {
    response.end(JSON.stringify(answer));
  });
  const url = `http://${provider.address}/token`;
  const oauthUrls = { google: url, github: url, facebook: url };
  const gateway = await startApiGateway({ oauthUrls, ...(now === undefined ? {} : { now }) });
  const more = { securityDefinitions: { [name]: { type: "oauth2" } } };
  await gateway.add(apiDocument(`http://${backend.address}/a`, { "/x": ["get"] }, more));
  return {
    gateway,
    provider,
    call: (headers) => gateway.send("/api/t/club/x", { headers }),
    async [Symbol.asyncDispose]() {
      for (const one of [gateway, provider, backend]) await one[Symbol.asyncDispose]();
    },
  };
}

const bearer = { Authorization: "Bearer abc" };

describe("tokens", () => {
  test("of Google: asked once while they last, claims in the answer", async () => {
    let time = 1_000_000;
    const claims = { sub: "1", email: "a@b.c", scope: "all", expires_in: "60" };
    await using setup = await setUp("google", claims, () => time);
    const first = await setup.call(bearer);
    expect(first.status).toBe(200);
    expect(first.headers).toMatchObject({ "x-oidc-sub": "1", "x-oidc-email": "a@b.c" });
    expect(setup.provider.last().url).toBe("/token?access_token=abc");
    time += 30_000;
    expect((await setup.call(bearer)).headers["x-oidc-scope"]).toBe("all");
    expect(setup.provider.received).toHaveLength(1);
    time += 31_000;
    await setup.call(bearer);
    expect(setup.provider.received).toHaveLength(2);
  });

  test("of GitHub", async () => {
    await using setup = await setUp("github", { id: 7 });
    expect((await setup.call(bearer)).status).toBe(200);
    expect(setup.provider.last().headers.authorization).toBe("Bearer abc");
  });

  test("of Facebook: with the app's own token", async () => {
    await using setup = await setUp("facebook", { data: { expires_at: 1e10, is_valid: true } });
    expect((await setup.call(bearer)).json).toMatchObject({
      status: 401,
      message: expect.stringContaining("Provide a X-Facebook-App-Token header"),
    });
    const both = { ...bearer, "X-Facebook-App-Token": "app" };
    expect((await setup.call(both)).status).toBe(200);
    expect(setup.provider.last().url).toBe("/token?input_token=abc&access_token=app");
  });

  test.each<[string, JsonObject]>([
    ["google", { error_description: "Invalid Value" }],
    ["github", { message: "Bad credentials" }],
    ["facebook", { error: { code: 190 } }],
    ["facebook", { data: { is_valid: false } }],
  ])("that %s does not know (%j)", async (name, answer) => {
    await using setup = await setUp(name, answer);
    const { status, json } = await setup.call({ ...bearer, "X-Facebook-App-Token": "app" });
    expect([status, json]).toEqual([401, { status: "401", message: FAILED }]);
  });

  test("none, and of somebody else", async () => {
    await using setup = await setUp("google", {});
    expect((await setup.call({})).json).toEqual({
      status: 401,
      message: "Error: No Authorization header provided",
    });
    await using other = await setUp("constructor", {});
    expect((await other.call(bearer)).json).toEqual({
      status: 500,
      message: "Error: Error loading OAuth provider authentication module",
    });
  });

  test("while the provider cannot be reached", async () => {
    await using setup = await setUp("google", {});
    await setup.provider[Symbol.asyncDispose]();
    expect((await setup.call(bearer)).json).toEqual({
      status: 500,
      message: "Error: Connection to the OAuth provider failed.",
    });
  });
});

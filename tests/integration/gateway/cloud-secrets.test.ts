/** Secrets of AWS and Google Cloud, against servers that check what they are sent. */
import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/core/documents.ts";
import { AWS, type FakeGoogle, startFakeAws, startFakeGoogle } from "../../helpers/fake-clouds.ts";
import { startGateway, type TestGateway, type TestUpstream } from "../../helpers/gateway.ts";
import { tempDir } from "../../helpers/temp-dir.ts";
import { waitFor } from "../../helpers/wait-for.ts";

const { publicKey, privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});

let gateway: TestGateway;
let nowMs: number;

beforeEach(async () => {
  nowMs = Date.parse("2026-01-02T03:04:05Z");
  gateway = await startGateway({ env: { SECRET_KEY: AWS.secret_access_key }, now: () => nowMs });
  await gateway.put("/routes/1", { uri: "/*", plugins: { "key-auth": {} } });
});

afterEach(() => gateway[Symbol.asyncDispose]());

async function consumerWith(reference: string): Promise<void> {
  const plugins = { "key-auth": { key: reference } };
  await gateway.put("/consumers/jack", { username: "jack", plugins });
}

/** 503: let in, to a route without upstream. */
function becomes(apikey: string, status: number): Promise<unknown> {
  return waitFor(`${status} for ${apikey}`, async () => {
    return (await gateway.send("/", { headers: { apikey } })).status === status;
  });
}

/** Text of the fault that the log has. */
async function fault(): Promise<string> {
  const lines = () => gateway.logs().filter(({ msg }) => msg === "a secret manager failed");
  await waitFor("the fault in the log", () => lines().length > 0);
  return JSON.stringify(lines());
}

/** Its reference lets nobody in, and the log says why. */
async function fails(reference: string, text: string): Promise<void> {
  await consumerWith(reference);
  expect(await fault()).toContain(text);
  await becomes(reference, 401);
}

describe("aws", () => {
  let aws: TestUpstream;
  beforeEach(async () => {
    aws = await startFakeAws({
      text: "key-as-text",
      json: JSON.stringify({ key: "key-of-json", count: 7, list: ["x"] }),
      "with/slash": JSON.stringify({ key: "key-of-slash" }),
      "a/b/c": "longest-name",
      "a/b": JSON.stringify({ c: "shorter-name" }),
      binary: null,
    });
  });
  afterEach(() => aws[Symbol.asyncDispose]());

  const put = (more: JsonObject = {}): Promise<void> =>
    gateway.put("/secrets/aws/1", { ...AWS, endpoint_url: `http://${aws.address}/path`, ...more });

  test.each([
    ["a whole secret", "text", "key-as-text"],
    ["a member", "json/key", "key-of-json"],
    ["a member that is a number", "json/count", "7"],
    ["a name with a slash", "with/slash/key", "key-of-slash"],
    ["the longest of two names", "a/b/c", "longest-name"],
  ])("%s", async (_, key, expected) => {
    await put();
    await consumerWith(`$secret://aws/1/${key}`);
    await becomes(expected, 503);
    const { method, url, headers } = aws.last();
    expect([method, url, headers["x-amz-date"]]).toEqual(["POST", "/", "20260102T030405Z"]);
    expect(headers.authorization).toContain("/20260102/us-east-1/secretsmanager/aws4_request");
  });

  test("keys in the environment, a region, a session", async () => {
    const more = {
      secret_access_key: "$ENV://SECRET_KEY",
      session_token: "t",
      region: "eu-west-1",
    };
    await put(more);
    await consumerWith("$secret://aws/1/text");
    await becomes("key-as-text", 503);
    const { headers } = aws.last();
    expect(headers["x-amz-security-token"]).toBe("t");
    expect(headers.authorization).toMatch(/\/eu-west-1\/.*SignedHeaders=.*x-amz-security-token/);
  });

  test.each([
    ["no such secret", "none/key", {}, "invalid status code 400, com.amazonaws#ResourceNotFound"],
    ["a wrong key", "text", { secret_access_key: "x" }, "400, InvalidSignatureException"],
    ["a secret that is bytes", "binary", {}, "the secret is no text"],
    ["a member of a text", "text/key", {}, "failed to decode result"],
    ["no name", "/key", {}, "can't find main key, key: /key"],
  ])("%s: nobody gets in, and the log says so", async (_, key, more, text) => {
    await put(more);
    await fails(`$secret://aws/1/${key}`, text);
    expect(JSON.stringify(gateway.logs())).not.toContain("key-as-text");
  });

  test("only a name that there is not is shortened", async () => {
    await put({ secret_access_key: "x" });
    await consumerWith("$secret://aws/1/a/b/c");
    await fault();
    expect(aws.received.map(({ body }) => JSON.parse(body).SecretId)).toEqual(["a/b/c"]);
  });

  test("nobody at the address", async () => {
    await put({ endpoint_url: "http://127.0.0.1:1" });
    await consumerWith("$secret://aws/1/text");
    expect(await fault()).toContain("ECONNREFUSED");
  });
});

describe("gcp", () => {
  let google: FakeGoogle;
  beforeEach(async () => {
    google = await startFakeGoogle({
      publicKey,
      expires_in: 600,
      secrets: {
        text: "key-as-text",
        json: JSON.stringify({ key: "key-of-json", "a/b": "slash-in-member" }),
        odd: { payload: {} },
      },
    });
  });
  afterEach(() => google[Symbol.asyncDispose]());

  const account = (more: JsonObject = {}): JsonObject => ({
    client_email: "apisix@example.iam",
    private_key: privateKey,
    project_id: "apisix",
    token_uri: `http://${google.address}/token`,
    entries_uri: `http://${google.address}/v1`,
    ...more,
  });
  const put = (more: JsonObject = {}): Promise<void> =>
    gateway.put("/secrets/gcp/1", { auth_config: account(more) });

  test.each([
    ["a whole secret", "text", "key-as-text"],
    ["a member", "json/key", "key-of-json"],
    ["a member with a slash", "json/a/b", "slash-in-member"],
  ])("%s", async (_, key, expected) => {
    await put();
    await consumerWith(`$secret://gcp/1/${key}`);
    await becomes(expected, 503);
    expect(google.claims()).toEqual({
      iss: "apisix@example.iam",
      aud: `http://${google.address}/token`,
      scope: "https://www.googleapis.com/auth/cloud-platform",
      iat: nowMs / 1000,
      exp: nowMs / 1000 + 3600,
    });
  });

  test("a token serves until a minute before its end", async () => {
    await put({ scope: ["one", "two"] });
    const secrets = ["text", "json/key", "json/a/b"];
    const values = ["key-as-text", "key-of-json", "slash-in-member"];
    for (const [at, key] of secrets.entries()) {
      await consumerWith(`$secret://gcp/1/${key}`);
      await becomes(values[at] ?? "", 503);
      expect(google.tokens()).toBe(at < 2 ? 1 : 2);
      nowMs += (600 - 60) * 500;
    }
    expect(google.claims()["scope"]).toBe("one two");
  });

  test("an account in a file", async () => {
    await using folder = await tempDir();
    const path = join(folder.path, "account.json");
    await writeFile(path, JSON.stringify(account()));
    await gateway.put("/secrets/gcp/1", { auth_file: path });
    await consumerWith("$secret://gcp/1/json/key");
    await becomes("key-of-json", 503);
  });

  test.each([
    ["that there is not", undefined, "failed to read configuration, file: "],
    ["of nonsense", "nonsense", "config parse failure, file: "],
    [
      "without a key",
      JSON.stringify({ client_email: "a", project_id: "b" }),
      "config parse failure",
    ],
  ])("a file %s", async (_, content, text) => {
    await using folder = await tempDir();
    const path = join(folder.path, "account.json");
    if (content !== undefined) await writeFile(path, content);
    await gateway.put("/secrets/gcp/1", { auth_file: path });
    await consumerWith("$secret://gcp/1/text");
    expect(await fault()).toContain(text);
  });

  test.each([
    [
      "no such secret",
      "none/key",
      {},
      "failed to retrieve data from gcp secret manager: status 404",
    ],
    ["no payload", "odd", {}, "invalid payload"],
    ["a member of a text", "text/key", {}, "failed to decode result"],
    ["no name", "/key", {}, "can't find main key, key: /key"],
    ["another project", "text", { project_id: "other" }, "status 404"],
    ["no token", "text", { token_uri: "http://127.0.0.1:1" }, "ECONNREFUSED"],
  ])("%s: nobody gets in, and the log says so", async (_, key, more, text) => {
    await put(more);
    await fails(`$secret://gcp/1/${key}`, text);
    expect(JSON.stringify(gateway.logs())).not.toMatch(/key-as-text|PRIVATE KEY/);
  });
});

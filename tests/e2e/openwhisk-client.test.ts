/** The `openwhisk` npm client, as it is published, against the built server. */
import openwhisk from "openwhisk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { guestKey } from "../helpers/identities.ts";
import { startPlatform, type TestPlatform } from "../helpers/platform.ts";
import { waitFor } from "../helpers/wait-for.ts";

let platform: TestPlatform;
let client: openwhisk.Client;

beforeAll(async () => {
  platform = await startPlatform();
  client = openwhisk({ apihost: platform.url, api_key: guestKey, namespace: "_" });
});
afterAll(() => platform?.[Symbol.asyncDispose]());

const greet = "function main(args) { return { greeting: 'hello ' + (args.name || 'you') }; }";

/** Creates an action of its own for a test. */
async function given(name: string, action: string | Buffer = greet): Promise<string> {
  await client.actions.create({ name, action });
  return name;
}

/** What a call that must fail throws. */
async function failureOf(call: Promise<unknown>): Promise<Record<string, unknown>> {
  const outcome = await call.then(
    () => "it succeeded",
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(Error);
  const { name, message, statusCode, error } = outcome as Error & Record<string, unknown>;
  return { name, message, statusCode, error };
}

test("creates, gets, updates, lists and deletes an action", async () => {
  const created = await client.actions.create({
    name: "life",
    action: greet,
    params: { name: "default" },
    annotations: { description: "greets" },
    limits: { timeout: 5_000 },
  });
  expect(created).toMatchObject({
    namespace: "guest",
    name: "life",
    version: "0.0.1",
    exec: { kind: expect.stringMatching(/^nodejs:\d+$/), code: greet, binary: false },
    parameters: [{ key: "name", value: "default" }],
    limits: { timeout: 5_000, memory: 256 },
  });
  expect(created.annotations).toContainEqual({ key: "description", value: "greets" });
  expect(await client.actions.get("life")).toEqual(created);

  const updated = await client.actions.update({ name: "life", params: { name: "new" } });
  expect(updated).toMatchObject({ version: "0.0.2", parameters: [{ key: "name", value: "new" }] });
  const listed = await client.actions.list({ limit: 1 });
  expect(listed).toMatchObject([{ namespace: "guest", name: "life", version: "0.0.2" }]);
  expect(await client.actions.delete("life")).toMatchObject({ name: "life" });
  expect((await failureOf(client.actions.get("life")))["statusCode"]).toBe(404);
});

test("invokes and waits for the record", async () => {
  const name = await given("blocking");
  const record = await client.actions.invoke({ name, blocking: true, params: { name: "Ada" } });
  expect(record).toMatchObject({
    namespace: "guest",
    name,
    activationId: expect.stringMatching(/^[0-9a-f]{32}$/),
    response: { success: true, status: "success", result: { greeting: "hello Ada" } },
  });
});

test("invokes and waits for the result alone", async () => {
  const name = await given("result");
  const result = await client.actions.invoke({
    name,
    blocking: true,
    result: true,
    params: { name: "Grace" },
  });
  expect(result).toEqual({ greeting: "hello Grace" });
});

test("invokes without waiting, then reads record, result and logs", async () => {
  const name = await given("later", "function main() { console.log('said'); return { done: 1 }; }");
  const { activationId } = await client.actions.invoke({ name });
  const id = { name: activationId };
  const record = await waitFor("the record", () => client.activations.get(activationId));
  expect(record).toMatchObject({ activationId, name, response: { result: { done: 1 } } });
  expect(await client.activations.result(id)).toMatchObject({ success: true, result: { done: 1 } });
  const { logs } = await client.activations.logs(id);
  expect(logs).toEqual([expect.stringMatching(/^\d{4}-\d\d-\d\dT\S+Z +stdout: said$/)]);
});

test("lists activations by name, and counts them", async () => {
  const name = await given("listed");
  const before = Date.now();
  await client.actions.invoke({ name, blocking: true });
  await client.actions.invoke({ name, blocking: true });
  const query = { name, since: before - 1_000 };
  const found = await waitFor("two summaries", async () => {
    const list = await client.activations.list(query);
    return list.length === 2 && list;
  });
  expect(found.every((summary) => summary.name === name)).toBe(true);
  // The client's types know nothing of count; the answer is an object then.
  const counted: unknown = await client.activations.list({ name, count: true });
  expect(counted).toEqual({ activations: 2 });
});

test("sends archives as Buffers", async () => {
  const { zipSync, strToU8 } = await import("fflate");
  const entry = "const text = require('./text'); exports.main = () => ({ text });";
  const bytes = zipSync({
    "index.js": strToU8(entry),
    "text.js": strToU8("module.exports = 'zipped';"),
  });
  const name = await given("archive", Buffer.from(bytes));
  expect(await client.actions.get(name)).toMatchObject({ exec: { binary: true } });
  const result = await client.actions.invoke({ name, blocking: true, result: true });
  expect(result).toEqual({ text: "zipped" });
});

test("tells what is missing", async () => {
  const failure = await failureOf(client.actions.get("none"));
  expect(failure).toMatchObject({
    name: "OpenWhiskError",
    statusCode: 404,
    error: { error: "The requested resource does not exist.", code: expect.any(String) },
  });
  expect(failure["message"]).toContain("The requested resource does not exist.");
});

test("tells that something exists", async () => {
  const name = await given("twice");
  const failure = await failureOf(client.actions.create({ name, action: greet }));
  expect(failure).toMatchObject({ statusCode: 409, error: { error: "resource already exists" } });
});

test("tells a wrong key", async () => {
  const stranger = openwhisk({
    apihost: platform.url,
    api_key: `23bc46b1-71f6-4ed5-8c54-816aa4f8c502:${"x".repeat(64)}`,
  });
  expect(await failureOf(stranger.actions.list())).toMatchObject({
    statusCode: 401,
    error: { error: "The supplied authentication is invalid" },
  });
});

test("tells an error of the action with its record", async () => {
  const name = await given("failing", "function main() { return { error: 'sorry' }; }");
  const failure = await failureOf(client.actions.invoke({ name, blocking: true }));
  expect(failure).toMatchObject({
    statusCode: 502,
    error: { response: { status: "application error", result: { error: "sorry" } } },
  });
  expect(failure["message"]).toContain("sorry");
});

test("names its namespace", async () => {
  expect(await client.namespaces.list()).toEqual(["guest"]);
});

test("an action uses the client that is on board, with the key it is given", async () => {
  const code = `const openwhisk = require("openwhisk");
    async function main() {
      const names = (await openwhisk().actions.list({ limit: 200 })).map((action) => action.name);
      return { found: names.includes("inside") };
    }`;
  await client.actions.create({
    name: "inside",
    action: code,
    annotations: { "provide-api-key": true },
  });
  const result = await client.actions.invoke({ name: "inside", blocking: true, result: true });
  expect(result).toEqual({ found: true });
});

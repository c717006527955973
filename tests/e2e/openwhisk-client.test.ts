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

test("packages: create, update, get with what is inside, bind, list, delete", async () => {
  const { packages, actions } = client;
  const created = await packages.create({
    name: "kit",
    package: { parameters: [{ key: "name", value: "kit" }], publish: true },
  });
  expect(created).toMatchObject({ name: "kit", version: "0.0.1", publish: true, binding: {} });
  await actions.create({ name: "kit/greet", action: greet });
  expect(await packages.get({ name: "kit" })).toMatchObject({
    actions: [{ name: "greet", version: "0.0.1" }],
    feeds: [],
  });
  const options = { name: "kit", blocking: true, result: true };
  expect(await actions.invoke({ ...options, name: "kit/greet" })).toEqual({
    greeting: "hello kit",
  });
  await packages.update({
    name: "bound",
    package: {
      binding: { namespace: "guest", name: "kit" },
      parameters: [{ key: "name", value: "bound" }],
    },
  });
  expect(await actions.invoke({ ...options, name: "bound/greet" })).toEqual({
    greeting: "hello bound",
  });
  const names = (await packages.list()).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["kit", "bound"]));
  expect(await failureOf(packages.delete({ name: "kit" }))).toMatchObject({
    statusCode: 409,
    error: { error: expect.stringContaining("Package not empty (contains 1 entity).") },
  });
  await packages.delete({ name: "bound" });
  await actions.delete("kit/greet");
  expect(await packages.delete({ name: "kit" })).toMatchObject({ name: "kit" });
});

test("actions of other namespaces run by their full name", async () => {
  const name = "/whisk.system/utils/namespace";
  expect(await client.actions.invoke({ name, blocking: true, result: true })).toEqual({
    namespace: "guest",
  });
});

test("sequences: made of names, each part recorded", async () => {
  const step = await given("step", "function main({ n }) { return { n: n + 1 }; }");
  const created = await client.actions.create({
    name: "steps",
    sequence: [`/_/${step}`, `/_/${step}`],
  } as never);
  expect(created).toMatchObject({
    exec: { kind: "sequence", components: ["/guest/step", "/guest/step"] },
  });
  const record = await client.actions.invoke({ name: "steps", params: { n: 1 }, blocking: true });
  expect(record).toMatchObject({ response: { result: { n: 3 } } });
  expect(record.logs).toHaveLength(2);
});

test("triggers and rules: a fire runs the action of each active rule", async () => {
  const { triggers, rules } = client;
  const action = await given("fired");
  const created = await triggers.create({
    name: "event",
    trigger: { parameters: [{ key: "name", value: "default" }] },
  } as never);
  expect(created).toMatchObject({ name: "event", version: "0.0.1" });
  const rule = await rules.create({ name: "on-event", action, trigger: "event" });
  expect(rule).toMatchObject({ status: "active", action: { path: "guest", name: "fired" } });
  const { activationId } = await triggers.invoke({ name: "event", params: { more: 1 } });
  const record = await waitFor("the fire", () => client.activations.get(activationId));
  // The payload; the parameters of the trigger come in on the way to the actions.
  expect(record).toMatchObject({ name: "event", response: { result: { more: 1 } } });
  const logs = (record.logs as readonly string[]).map((line) => JSON.parse(line));
  expect(logs).toMatchObject([{ rule: "guest/on-event", action: "guest/fired", success: true }]);
  const run = await waitFor("the run", () => client.activations.get(logs[0].activationId));
  expect(run).toMatchObject({ response: { result: { greeting: "hello default" } } });

  expect(await rules.disable({ name: "on-event" })).toBeDefined();
  expect(await rules.get({ name: "on-event" })).toMatchObject({ status: "inactive" });
  expect(await triggers.invoke({ name: "event" })).not.toHaveProperty("activationId");
  await rules.enable({ name: "on-event" });
  expect((await rules.list()).map(({ name }) => name)).toContain("on-event");
  await rules.delete({ name: "on-event" });
  await triggers.update({ name: "event", trigger: { publish: true } } as never);
  expect(await triggers.get({ name: "event" })).toMatchObject({ version: "0.0.2" });
  await triggers.delete({ name: "event" });
  expect((await failureOf(triggers.get({ name: "event" })))["statusCode"]).toBe(404);
});

test("feeds: their whole life cycle", async () => {
  const { triggers } = client;
  // The types know two of the four.
  const feeds = client.feeds as openwhisk.Feeds &
    Record<"get" | "update", openwhisk.Feeds["create"]>;
  await triggers.create({ name: "clock" });
  const feed = { name: "/whisk.system/alarms/interval", trigger: "clock" };
  const settings = { ...feed, params: { minutes: 7 } };
  expect(await feeds.create(settings)).toMatchObject({
    response: { result: { status: "success" } },
  });
  expect(await feeds.get(feed)).toMatchObject({
    response: { result: { config: { minutes: 7, name: "clock" }, status: { active: true } } },
  });
  await feeds.update({ ...feed, params: { minutes: 8 } });
  expect(await feeds.get(feed)).toMatchObject({ response: { result: { config: { minutes: 8 } } } });
  await feeds.delete(feed);
  expect(await failureOf(feeds.get(feed))).toMatchObject({
    statusCode: 502,
    error: {
      response: {
        result: { error: { error: "could not find trigger /guest/clock in the database" } },
      },
    },
  });
});

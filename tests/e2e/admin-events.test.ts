import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { request } from "../helpers/http.ts";
import { guestKey } from "../helpers/identities.ts";
import { startPlatform, type TestPlatform } from "../helpers/platform.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { waitFor } from "../helpers/wait-for.ts";

type Event = {
  readonly eventType: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
};

const CODE = "function main({ code }) { return { statusCode: code, secret: 'hidden' }; }";
const PATH = "/api/v1/namespaces/_/actions/told";
const invoke = { method: "POST", path: `${PATH}?blocking=true`, auth: guestKey };
const GUEST_UUID = guestKey.split(":")[0];

async function metric(platform: TestPlatform, name: string): Promise<string[]> {
  const { text } = await request(platform.url, { path: "/metrics" });
  return text.split("\n").filter((line) => line.startsWith(name));
}

async function putAction(platform: TestPlatform): Promise<void> {
  const body = { exec: { kind: "nodejs:default", code: CODE } };
  const put = await request(platform.url, { method: "PUT", path: PATH, auth: guestKey, body });
  expect(put.status).toBe(200);
}

test("activations and throttles are told as events, and counted", async () => {
  await using folder = await tempDir("events");
  const file = join(folder.path, "events.jsonl");
  await using platform = await startPlatform({
    args: ["--user-events", "--user-events-file", file, "--limits", "original"],
  });
  const events = async (): Promise<Event[]> => {
    const text = await readFile(file, "utf8");
    return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Event]));
  };
  await putAction(platform);
  const answer = await request(platform.url, { ...invoke, body: { code: 404 } });
  expect(answer.status).toBe(200);
  const { activationId } = answer.json as { activationId: string };
  const [activation] = await waitFor("the event", async () => {
    const found = (await events()).filter(({ eventType }) => eventType === "Activation");
    return found.length > 0 ? found : undefined;
  });
  expect(activation).toEqual({
    source: "invoker0",
    body: {
      name: "guest/told",
      activationId,
      statusCode: 0,
      duration: expect.any(Number),
      waitTime: expect.any(Number),
      initTime: expect.any(Number),
      kind: expect.stringMatching(/^nodejs:/),
      conductor: false,
      memory: 256,
      size: expect.any(Number),
      userDefinedStatusCode: 404,
    },
    subject: "guest",
    namespace: "guest",
    userId: GUEST_UUID,
    eventType: "Activation",
    timestamp: expect.any(Number),
  });
  const chain = {
    method: "PUT",
    path: "/api/v1/namespaces/_/actions/chain",
    auth: guestKey,
    body: { exec: { kind: "sequence", components: ["/guest/told"] } },
  };
  expect((await request(platform.url, chain)).status).toBe(200);
  const path = `${chain.path}?blocking=true`;
  await request(platform.url, { method: "POST", path, auth: guestKey, body: {} });
  const ofChain = await waitFor("the events of the sequence", async () => {
    const bodies = (await events()).filter(({ eventType }) => eventType === "Activation").slice(1);
    return bodies.length === 2 ? bodies : undefined;
  });
  expect(ofChain.map(({ source, body }) => [source, body["name"], body["causedBy"]])).toEqual([
    ["invoker0", "guest/told", "sequence"],
    ["controller0", "guest/chain", undefined],
  ]);
  // The rest of the minute's 60, and more.
  for (let count = 0; count < 125; count += 1) {
    const { status } = await request(platform.url, { ...invoke, body: {} });
    if (status === 429) break;
  }
  const metrics = await waitFor("the refusal", async () => {
    const found = (await events()).filter(({ eventType }) => eventType === "Metric");
    return found.some(({ body }) => body["metricName"] === "TimedRateLimit") ? found : undefined;
  });
  expect(metrics[0]).toMatchObject({
    source: "controller0",
    body: { metricName: "ConcurrentInvocations", metricValue: 1 },
    userId: GUEST_UUID,
  });
  const text = await readFile(file, "utf8");
  for (const hidden of ["hidden", guestKey.split(":")[1] ?? ""]) expect(text).not.toContain(hidden);
  expect(await metric(platform, "openwhisk_action_limit_timed_total{")).toEqual([
    'openwhisk_action_limit_timed_total{namespace="guest"} 1',
  ]);
  expect(await metric(platform, "openwhisk_action_status_code{")).toEqual([
    'openwhisk_action_status_code{namespace="guest",initiator="guest",action="told",' +
      'status_code="404"} 1',
  ]);
  expect(await metric(platform, "counter_userevents_dropped_counter_total ")).toEqual([
    "counter_userevents_dropped_counter_total 0",
  ]);
});

test("off, as by default: nothing tells names, and the system metrics count", async () => {
  await using platform = await startPlatform();
  await putAction(platform);
  expect((await request(platform.url, { ...invoke, body: {} })).status).toBe(200);
  expect(await metric(platform, "openwhisk_")).toEqual([]);
  expect(await metric(platform, "counter_controller_blockingActivation_start_total")).toEqual([
    "counter_controller_blockingActivation_start_total 1",
  ]);
  const { text } = await request(platform.url, { path: "/metrics" });
  expect(text).not.toContain("told");
});

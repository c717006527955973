/**
 * Fires of triggers: many at once lose nothing, and what was answered with 202 ends in its record
 * and in the records of its rules' activations, also after the server was killed.
 */
import { expect, test } from "vitest";
import { type Api, apiOf } from "../helpers/api.ts";
import { type Answer, request } from "../helpers/http.ts";
import { guestKey } from "../helpers/identities.ts";
import { startPlatform, type TestPlatform } from "../helpers/platform.ts";
import { waitFor } from "../helpers/wait-for.ts";

const RULES = 10;
const RECORD_MS = 60_000;
const echo = "function main(args) { return { n: args.n }; }";

type Fired = { readonly n: number; readonly id: string };

function ask(platform: TestPlatform, method: string, path: string, body?: object): Promise<Answer> {
  return request(platform.url, {
    method,
    path: `/api/v1/namespaces/_/${path}`,
    auth: guestKey,
    ...(body === undefined ? {} : { body }),
  });
}

/** One trigger with ten rules. */
async function prepare(platform: TestPlatform, api: Api): Promise<void> {
  await api.put("echo", echo, { limits: { memory: 128, concurrency: 50 } });
  await ask(platform, "PUT", "triggers/t", {});
  for (let rule = 0; rule < RULES; rule += 1) {
    const made = await ask(platform, "PUT", `rules/r${rule}`, {
      trigger: "/_/t",
      action: "/_/echo",
    });
    expect(made.status).toBe(200);
  }
}

/** Fires `count` times, at most `atOnce` at a time; requests that die are left out. */
async function fireAll(
  platform: TestPlatform,
  { count, atOnce }: { readonly count: number; readonly atOnce: number },
  onFired: (fired: Fired) => void,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const n = next++;
      const answer = await ask(platform, "POST", "triggers/t", { n }).catch(() => undefined);
      if (answer?.status === 202)
        onFired({ n, id: (answer.json as Record<string, string>)["activationId"] ?? "" });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** The activations that the lines of a trigger's record name; all of them were posted. */
function activationsOf(record: Answer): string[] {
  const { logs } = record.json as { readonly logs: readonly string[] };
  return logs.map((line) => {
    const told = JSON.parse(line) as { readonly statusCode: number; readonly activationId: string };
    expect(told.statusCode).toBe(0);
    return told.activationId;
  });
}

/** That a fire has come to its record and to one activation per rule with its payload. */
async function complete(api: Api, { n, id }: Fired, outcome: "success" | "any"): Promise<void> {
  const record = await api.activation(id);
  expect(record.status).toBe(200);
  const ids = activationsOf(record);
  expect(ids).toHaveLength(RULES);
  for (const activation of ids) {
    const found = await waitFor(
      `the record of ${activation}`,
      async () => {
        const answer = await api.activation(activation);
        return answer.status === 200 && answer;
      },
      { timeoutMs: RECORD_MS },
    );
    if (outcome === "success") expect(found.json).toMatchObject({ response: { result: { n } } });
  }
}

test("three hundred fires of ten rules each: three thousand activations", async () => {
  await using platform = await startPlatform({});
  const api = apiOf(() => platform.url);
  await prepare(platform, api);
  const fired: Fired[] = [];
  await fireAll(platform, { count: 300, atOnce: 20 }, (one) => fired.push(one));
  expect(fired).toHaveLength(300);
  const counted = async (name: string): Promise<number> => {
    const { json } = await ask(platform, "GET", `activations?count=true&name=${name}`);
    return (json as { readonly activations: number }).activations;
  };
  expect(await counted("t")).toBe(300);
  await waitFor("all activations", async () => (await counted("echo")) === 300 * RULES, {
    timeoutMs: RECORD_MS,
  });
  for (const one of fired.filter(({ n }) => n % 30 === 0)) await complete(api, one, "success");
});

test("a fire that was answered survives the death of the server", async () => {
  await using platform = await startPlatform({});
  const api = apiOf(() => platform.url);
  await prepare(platform, api);
  const fired: Fired[] = [];
  let killed: Promise<unknown> | undefined;
  await fireAll(platform, { count: 200, atOnce: 8 }, (one) => {
    fired.push(one);
    if (fired.length === 40) killed = platform.kill("SIGKILL");
  });
  await killed;
  expect(fired.length).toBeGreaterThanOrEqual(40);
  expect(fired.length).toBeLessThan(200);
  await platform.restart();
  // What was running when the server died is told as lost: it has a record all the same.
  for (const one of fired) await complete(api, one, "any");
});

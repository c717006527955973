/**
 * Alarms of the built server: many at once, and over a crash. Times are real; what is asserted is
 * which slots were fired, from the records.
 */
import { expect, test } from "vitest";
import { apiOf } from "../helpers/api.ts";
import { type Answer, request } from "../helpers/http.ts";
import { guestKey } from "../helpers/identities.ts";
import { startPlatform, type TestPlatform } from "../helpers/platform.ts";
import { waitFor } from "../helpers/wait-for.ts";

const WEB = "/api/v1/web/whisk.system/alarmsWeb/alarmWebAction";
const ns = "/api/v1/namespaces/_";

function ask(platform: TestPlatform, method: string, path: string, body?: object): Promise<Answer> {
  const auth = guestKey;
  return request(platform.url, { method, path, auth, ...(body === undefined ? {} : { body }) });
}

async function alarm(platform: TestPlatform, triggerName: string, params: object): Promise<void> {
  const body = { authKey: guestKey, triggerName: `/_/${triggerName}`, ...params };
  expect(await ask(platform, "POST", WEB, body)).toMatchObject({ status: 200 });
}

async function trigger(platform: TestPlatform, name: string, action: string): Promise<void> {
  expect((await ask(platform, "PUT", `${ns}/triggers/${name}`, {})).status).toBe(200);
  const rule = { trigger: `/_/${name}`, action: `/_/${action}` };
  expect((await ask(platform, "PUT", `${ns}/rules/${name}-rule`, rule)).status).toBe(200);
}

type Listed = { readonly name: string; readonly start: number; readonly activationId: string };

async function activations(platform: TestPlatform, name: string): Promise<Listed[]> {
  const answer = await ask(platform, "GET", `${ns}/activations?name=${name}&limit=200`);
  return answer.json as Listed[];
}

test("two hundred that are due in the same second all fire within two", async () => {
  await using platform = await startPlatform();
  const api = apiOf(() => platform.url);
  await api.put("noted", "function main() { return {}; }");
  const names = Array.from({ length: 200 }, (_, n) => `t${n}`);
  const begun = performance.now();
  for (const name of names) await trigger(platform, name, "noted");
  // Time enough for as many alarms, at the pace of this machine.
  const due = Date.now() + 4000 + Math.ceil(performance.now() - begun) * 2;
  await Promise.all(names.map((name) => alarm(platform, name, { fireOnce: true, date: due })));
  expect(Date.now()).toBeLessThan(due);
  const fired = await waitFor(
    "all fires",
    async () => {
      const lists = await Promise.all(names.map((name) => activations(platform, name)));
      return lists.every((list) => list.length > 0) ? lists.flat() : undefined;
    },
    { timeoutMs: 90_000 },
  );
  expect(fired).toHaveLength(200);
  const late = fired.map(({ start }) => start - due);
  expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...late)).toBeLessThan(2000);
  await waitFor("the action of each", async () => {
    const count = await ask(platform, "GET", `${ns}/activations?name=noted&count=true`);
    return (count.json as { activations: number }).activations === 200;
  });
});

test("no slot is fired twice or left out over a crash", async () => {
  await using platform = await startPlatform();
  const api = apiOf(() => platform.url);
  await api.put("noted", "function main() { return {}; }");
  await trigger(platform, "tick", "noted");
  await alarm(platform, "tick", { cron: "* * * * * *" });
  for (let round = 0; round < 3; round += 1) {
    const before = (await activations(platform, "tick")).length;
    await waitFor("two more fires", async () => {
      return (await activations(platform, "tick")).length >= before + 2;
    });
    await platform.kill("SIGKILL");
    await platform.restart();
  }
  await ask(platform, "DELETE", WEB, { authKey: guestKey, triggerName: "/_/tick" });
  // A fire under way then may be recorded later.
  const fires = await waitFor("one run of the action per fire", async () => {
    const runs = await activations(platform, "noted");
    const all = await activations(platform, "tick");
    return runs.length === all.length && all;
  });
  const ids = fires.map(({ activationId }) => activationId);
  expect(new Set(ids).size).toBe(ids.length);
  // An id begins with the slot's time in ms: each second once.
  const slots = ids.map((id) => Number.parseInt(id.slice(0, 12), 16));
  expect(new Set(slots).size).toBe(slots.length);
  expect(slots.every((slot) => slot % 1000 === 0)).toBe(true);
});

test("a date that deletes its trigger and rules after its fire", async () => {
  await using platform = await startPlatform();
  const api = apiOf(() => platform.url);
  await api.put("noted", "function main() { return {}; }");
  await trigger(platform, "once", "noted");
  await trigger(platform, "other", "noted");
  const date = Date.now() + 3000;
  await alarm(platform, "once", { fireOnce: true, date, deleteAfterFire: "rules" });
  await waitFor("the trigger to go", async () => {
    return (await ask(platform, "GET", `${ns}/triggers/once`)).status === 404;
  });
  await waitFor("the rule to go", async () => {
    return (await ask(platform, "GET", `${ns}/rules/once-rule`)).status === 404;
  });
  expect((await ask(platform, "GET", `${ns}/rules/other-rule`)).status).toBe(200);
  await waitFor("its one fire", async () => (await activations(platform, "noted")).length === 1);
  // The alarm goes after its trigger; a stop waits for that.
  await platform.restart();
  const left = await ask(platform, "DELETE", WEB, {
    authKey: guestKey,
    triggerName: "/_/once",
  });
  expect(left.status).toBe(404);
});

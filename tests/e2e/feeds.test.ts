/** The feeds of alarms, as the command line drives them on the built server. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { request } from "../helpers/http.ts";
import { guestKey } from "../helpers/identities.ts";
import { waitFor } from "../helpers/wait-for.ts";
import { openWskHome, type WskHome } from "../helpers/wsk.ts";

let home: WskHome;
beforeAll(async () => {
  home = await openWskHome();
});
afterAll(() => home?.[Symbol.asyncDispose]());

/** Runs a command line that must succeed; gives what it writes. */
async function wsk(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await home.wsk(...args);
  expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: "" });
  return stdout;
}

const lastLine = (text: string): string | undefined => text.trim().split("\n").at(-1);

/** What the feed says of a trigger. */
async function read(trigger: string): Promise<Record<string, Record<string, unknown>>> {
  const { response } = JSON.parse(await wsk("trigger", "get", trigger));
  return response.result;
}

/** Activations of a name, newest first. */
async function activations(name: string, query = ""): Promise<readonly { start: number }[]> {
  const path = `/api/v1/namespaces/_/activations?limit=200&name=${name}${query}`;
  const { json } = await request(home.host, { method: "GET", path, auth: guestKey });
  return json as { start: number }[];
}

const starts = async (name: string): Promise<readonly number[]> =>
  (await activations(name)).map(({ start }) => start);

async function createAction(action: string): Promise<void> {
  await home.file(`${action}.js`, "function main(params) { return { got: params }; }");
  await wsk("action", "create", action, `${action}.js`);
}

/** A rule that runs the action when the trigger fires. */
async function createRule(trigger: string, action: string): Promise<void> {
  await wsk("rule", "create", `${trigger}-${action}`, trigger, action);
}

test("interval: create, get, update, delete", async () => {
  const feed = ["--feed", "/whisk.system/alarms/interval"];
  const created = await wsk("trigger", "create", "every", ...feed, "-p", "minutes", "1");
  expect(created).toContain('"status": "success"');
  expect(lastLine(created)).toBe("ok: created trigger every");
  expect(await read("every")).toMatchObject({
    config: { name: "every", namespace: "guest", minutes: 1, payload: { payload: "" } },
    status: { active: true },
  });
  await wsk("trigger", "update", "every", "-p", "minutes", "5");
  expect(await read("every")).toMatchObject({ config: { minutes: 5 } });
  const deleted = await wsk("trigger", "delete", "every");
  expect(lastLine(deleted)).toBe("ok: deleted trigger every");
  const gone = await home.wsk("trigger", "get", "every");
  expect(gone.code).not.toBe(0);
});

test("a feed that refuses leaves no trigger behind", async () => {
  const feed = ["--feed", "/whisk.system/alarms/interval"];
  const refused = await home.wsk("trigger", "create", "never", ...feed, "-p", "minutes", "0.5");
  expect(refused).toMatchObject({ code: 246, stdout: "ok: deleted trigger never\n" });
  expect(refused.stderr).toContain('"error": "the minutes parameter must be an integer"');
  expect((await home.wsk("trigger", "get", "never")).code).not.toBe(0);
});

test("alarm: an action runs every second, until the trigger is deleted", async () => {
  const feed = ["--feed", "/whisk.system/alarms/alarm"];
  const payload = ["-p", "trigger_payload", '{"who":"Ada"}'];
  await wsk("trigger", "create", "tick", ...feed, "-p", "cron", "* * * * * *", ...payload);
  await createAction("ticked");
  await createRule("tick", "ticked");
  await waitFor("three runs", async () => (await starts("ticked")).length >= 3);
  await wsk("trigger", "delete", "tick");
  const [run] = await activations("ticked", "&docs=true");
  expect(run).toMatchObject({ response: { result: { got: { who: "Ada" } } } });
  // A fire under way then may be recorded later.
  const fires = await waitFor("one run per fire since the rule", async () => {
    const runs = await starts("ticked");
    const all = await starts("tick");
    return runs.length >= 3 && runs.length <= all.length && all;
  });
  const seconds = fires.map((start) => Math.floor(start / 1000));
  expect(new Set(seconds).size).toBe(seconds.length);
});

/** Fires once, a moment from now, with a rule; resolves when the action has run. */
async function once(trigger: string, deleteAfterFire: string): Promise<void> {
  const feed = ["--feed", "/whisk.system/alarms/once"];
  const action = `${trigger}-ran`;
  const begun = performance.now();
  await createAction(action);
  // Time enough for the trigger and its rule, at the pace of this machine.
  const wskMs = performance.now() - begun;
  const date = new Date(Date.now() + 2000 + 6 * wskMs).toISOString();
  const params = ["-p", "date", date, "-p", "deleteAfterFire", deleteAfterFire];
  await wsk("trigger", "create", trigger, ...feed, ...params);
  await createRule(trigger, action);
  await waitFor("the run", async () => (await starts(action)).length === 1, { timeoutMs: 60_000 });
}

const isGone = async (noun: string, name: string): Promise<boolean> =>
  (await home.wsk(noun, "get", name)).code !== 0;

test("once: the trigger stays, disabled, when nothing is to be deleted", async () => {
  await once("stays", "false");
  const status = await waitFor("the end of the alarm", async () => {
    const { status: seen } = await read("stays");
    return seen?.["active"] === false && seen;
  });
  expect(status).toMatchObject({
    active: false,
    reason: { kind: "AUTO", message: "Automatically disabled after firing once" },
  });
  expect(await isGone("rule", "stays-stays-ran")).toBe(false);
});

test("once: the trigger goes, its rule stays", async () => {
  await once("goes", "true");
  await waitFor("the end of the trigger", () => isGone("trigger", "goes"));
  expect(await isGone("rule", "goes-goes-ran")).toBe(false);
});

test("once: the trigger goes with its rule", async () => {
  await once("all", "rules");
  await waitFor("the end of the trigger", () => isGone("trigger", "all"));
  await waitFor("the end of the rule", () => isGone("rule", "all-all-ran"));
  expect(await isGone("action", "all-ran")).toBe(false);
});

/**
 * A thousand triggers with ten rules each, a hundred fires a second for a minute: nothing is lost,
 * and every record is complete. Takes about three minutes.
 */
import { expect, test } from "vitest";
import { apiOf } from "../helpers/api.ts";
import { type Answer, request } from "../helpers/http.ts";
import { guestKey } from "../helpers/identities.ts";
import { startPlatform, type TestPlatform } from "../helpers/platform.ts";
import { waitFor } from "../helpers/wait-for.ts";

const TRIGGERS = 1000;
const RULES = 10;
const FIRES_PER_SECOND = 100;
const SECONDS = 60;
const PAGE = 200;
const ns = "/api/v1/namespaces/_";

function ask(platform: TestPlatform, method: string, path: string, body?: object): Promise<Answer> {
  const auth = guestKey;
  const own = body === undefined ? {} : { body };
  return request(platform.url, { method, path: `${ns}/${path}`, auth, ...own });
}

/** Runs `work` for every index, `atOnce` at a time. */
async function forAll(
  count: number,
  atOnce: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

test("a hundred fires a second for a minute", { timeout: 600_000 }, async () => {
  await using platform = await startPlatform();
  const api = apiOf(() => platform.url);
  await api.put("noted", "function main(args) { return { n: args.n }; }", {
    limits: { memory: 128, concurrency: 50 },
  });
  await forAll(TRIGGERS, 8, async (trigger) => {
    expect((await ask(platform, "PUT", `triggers/t${trigger}`, {})).status).toBe(200);
    // Rules of one trigger are written one after another: they are kept in it.
    for (let rule = 0; rule < RULES; rule += 1) {
      const body = { trigger: `/_/t${trigger}`, action: "/_/noted" };
      const made = await ask(platform, "PUT", `rules/t${trigger}r${rule}`, body);
      expect(made.status).toBe(200);
    }
  });

  const ids: string[] = [];
  const refused: Answer[] = [];
  const begin = performance.now();
  const fires: Promise<void>[] = [];
  for (let n = 0; n < FIRES_PER_SECOND * SECONDS; n += 1) {
    const due = begin + (n * 1000) / FIRES_PER_SECOND;
    if (performance.now() < due) {
      await waitFor("its time", () => performance.now() >= due, { everyMs: 1 });
    }
    fires.push(
      ask(platform, "POST", `triggers/t${n % TRIGGERS}`, { n }).then((answer) => {
        if (answer.status === 202) ids.push((answer.json as { activationId: string }).activationId);
        else refused.push(answer);
      }),
    );
  }
  await Promise.all(fires);
  const took = (performance.now() - begin) / 1000;
  expect(refused.map(({ status, text }) => `${status} ${text}`)).toEqual([]);
  expect(ids).toHaveLength(FIRES_PER_SECOND * SECONDS);
  // The rate was held: all of it was answered within a few seconds of the minute.
  expect(took).toBeLessThan(SECONDS + 5);

  await waitFor(
    "one run for each rule of each fire",
    async () => {
      const answer = await ask(platform, "GET", "activations?name=noted&count=true");
      const { activations } = answer.json as { activations: number };
      return activations === ids.length * RULES;
    },
    { timeoutMs: 120_000, everyMs: 500 },
  );
  const failed = new Set<string>();
  for (let skip = 0; skip < ids.length * RULES; skip += PAGE * 25) {
    const page = await ask(platform, "GET", `activations?name=noted&limit=${PAGE}&skip=${skip}`);
    for (const run of page.json as { activationId: string; statusCode: number }[]) {
      if (run.statusCode !== 0) failed.add(run.activationId);
    }
  }
  expect([...failed]).toEqual([]);
  await forAll(ids.length, 16, async (index) => {
    const record = await api.activation(ids[index] ?? "");
    expect(record.status).toBe(200);
    const { logs } = record.json as { logs: string[] };
    expect(logs).toHaveLength(RULES);
    for (const line of logs) expect(JSON.parse(line)).toMatchObject({ statusCode: 0 });
  });
});

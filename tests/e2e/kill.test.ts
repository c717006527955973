/**
 * What is promised after a crash: no acknowledged entity change is lost, every 202 ends in a
 * record, of blocking 200s at most the last records are missing (none with `--durability sync`),
 * and no function process outlives its server.
 */
import { describe, expect, test } from "vitest";
import { type Api, apiOf, idOf } from "../helpers/api.ts";
import { type Answer, request } from "../helpers/http.ts";
import { startPlatform } from "../helpers/platform.ts";
import { descendants, isAlive, type Process } from "../helpers/processes.ts";
import { waitFor } from "../helpers/wait-for.ts";

/** Records are committed within 5 ms of the reply; the rest is for a busy machine's scheduler. */
const COMMIT_MS = 5 + 495;
/** Every 202 must have its record by then. */
const RECORD_MS = 60_000;
const GONE_MS = 10_000;
const AT_ONCE = 16;
const echo = "function main(args) { return { n: args.n }; }";
const slow = `function main(args) {
  return new Promise((done) => setTimeout(() => done({ n: args.n }), 200));
}`;
const codeOf = (n: number): string => `function main() { return { made: ${n} }; }`;
const exitedUnexpectedly = "The action did not produce a valid response and exited unexpectedly.";

type Kind = "create" | "update" | "delete" | "blocking" | "later" | "slow";
type Work = { readonly kind: Kind; readonly n: number };
/** `at` is when the whole answer had arrived, performance.now(). */
type Done = Work & { readonly answer: Answer; readonly at: number };

/** 200 requests of all kinds, well mixed, always in the same order. */
function mixedWork(): Work[] {
  const counts: Record<Kind, number> = {
    create: 50,
    update: 20,
    delete: 20,
    blocking: 60,
    later: 40,
    slow: 10,
  };
  return Object.entries(counts)
    .flatMap(([kind, count]) =>
      Array.from({ length: count }, (_, n) => ({ kind: kind as Kind, n })),
    )
    .map((work, index) => ({ work, rank: (index * 7919) % 200 }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ work }) => work);
}

function send(api: Api, { kind, n }: Work): Promise<Answer> {
  switch (kind) {
    case "create":
      return api.put(`create${n}`, codeOf(n));
    case "update":
      return api.put(`update${n}`, codeOf(n), { parameters: [{ key: "new", value: n }] }, true);
    case "delete":
      return api.delete(`delete${n}`);
    case "blocking":
      return api.invoke("echo", "blocking=true", { n });
    case "later":
      return api.invoke("echo", "blocking=false", { n });
    case "slow":
      return api.invoke("slow", "blocking=false", { n });
  }
}

/** Sends all work, `AT_ONCE` at a time; `onDone` hears of every answer, lost requests are dropped. */
async function sendAll(api: Api, onDone: (done: Done) => void): Promise<void> {
  const queue = mixedWork();
  const worker = async (): Promise<void> => {
    for (let work = queue.shift(); work !== undefined; work = queue.shift()) {
      const current = work;
      const answer = await send(api, current).catch(() => undefined);
      if (answer !== undefined) onDone({ ...current, answer, at: performance.now() });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Entities that the mixed work changes, deletes and invokes. */
async function prepare(api: Api): Promise<void> {
  await api.put("echo", echo, { limits: { memory: 128 } });
  await api.put("slow", slow, { limits: { memory: 128 } });
  for (let n = 0; n < 20; n += 1) {
    await api.put(`update${n}`, echo);
    await api.put(`delete${n}`, echo);
  }
  await api.invoke("echo", "blocking=true");
}

/** Names of acknowledged entity changes that are not there. */
async function lostChanges(api: Api, done: readonly Done[]): Promise<string[]> {
  const lost: string[] = [];
  for (const { kind, n, answer } of done) {
    if (answer.status !== 200 || kind === "blocking" || kind === "later" || kind === "slow")
      continue;
    const found = await api.get(`${kind}${n}`);
    const code = (found.json as { exec?: { code?: string } })?.exec?.code;
    const holds = kind === "delete" ? found.status === 404 : code === codeOf(n);
    if (!holds) lost.push(`${kind}${n}: ${found.status} ${found.text}`);
  }
  return lost;
}

async function missingRecords(api: Api, done: readonly Done[]): Promise<Done[]> {
  const missing: Done[] = [];
  for (const one of done) {
    const { status } = await api.activation(idOf(one.answer));
    if (status !== 200) missing.push(one);
  }
  return missing;
}

describe.for([
  { durability: "group", lostForMs: COMMIT_MS },
  { durability: "sync", lostForMs: 0 },
])("kill -9 in the middle of 200 mixed requests, durability $durability", (given) => {
  test("loses nothing that was promised", { timeout: 180_000 }, async () => {
    await using platform = await startPlatform({ args: ["--durability", given.durability] });
    const api = apiOf(() => platform.url);
    await prepare(api);

    const done: Done[] = [];
    let killedAt = Number.POSITIVE_INFINITY;
    let family: ReturnType<typeof descendants> = [];
    let killed: Promise<unknown> | undefined;
    await sendAll(api, (one) => {
      done.push(one);
      if (done.length !== 100) return;
      family = descendants(platform.pid);
      killedAt = performance.now();
      killed = platform.kill("SIGKILL");
    });
    await killed;
    expect(done.length).toBeGreaterThanOrEqual(100);
    expect(done.length).toBeLessThan(200);
    expect(done.filter(({ answer }) => answer.status >= 500)).toEqual([]);
    expect(family.length).toBeGreaterThan(0);
    await waitFor("the end of every process of the killed server", () => !family.some(isAlive), {
      timeoutMs: GONE_MS,
    });

    await platform.restart();
    expect(await lostChanges(api, done)).toEqual([]);

    const accepted = done.filter(({ answer }) => answer.status === 202);
    expect(accepted.length).toBeGreaterThan(0);
    await waitFor(
      "a record of every accepted invocation",
      async () => (await missingRecords(api, accepted)).length === 0,
      { timeoutMs: RECORD_MS, everyMs: 250 },
    );
    for (const { n, answer } of accepted) {
      const record = await api.activation(idOf(answer));
      expect(record.json).toHaveProperty("response");
      const { response } = record.json as { response: { success: boolean; status: string } };
      // It ran, or it had begun and cannot be repeated: then the platform takes the blame.
      if (response.success) expect(response).toMatchObject({ result: { n } });
      else expect(response.status).toBe("whisk internal error");
    }

    const blocking = done.filter(
      ({ kind, answer }) => kind === "blocking" && answer.status === 200,
    );
    expect(blocking.length).toBeGreaterThan(0);
    const missing = await missingRecords(api, blocking);
    const tooOld = missing.filter(({ at }) => killedAt - at > given.lostForMs);
    expect(given.lostForMs === 0 ? missing : tooOld).toEqual([]);

    const after = await api.invoke("echo", "blocking=true&result=true", { n: 1 });
    expect(after.json).toEqual({ n: 1 });
  });
});

describe("kill -9 while sequences and compositions run", () => {
  const step = `function main({ n }) {
    return new Promise((done) => setTimeout(() => done({ n: n + 1 }), 30));
  }`;
  const conductor = `function main({ n, state }) {
    return n < 4 ? { action: "step", params: { n } } : { params: { n } };
  }`;

  test("every 202 ends in a record", { timeout: 120_000 }, async () => {
    await using platform = await startPlatform();
    const api = apiOf(() => platform.url);
    await api.put("step", step);
    const annotations = [{ key: "conductor", value: true }];
    await api.put("composed", conductor, { annotations });
    const exec = { kind: "sequence", components: ["/_/step", "/_/step", "/_/step", "/_/step"] };
    await api.put("chained", "", { exec });

    const answers: Answer[] = [];
    const sends = Array.from({ length: 40 }, (_, n) =>
      api.invoke(n % 2 === 0 ? "composed" : "chained", "", { n: 0 }).then(
        (answer) => void answers.push(answer),
        () => undefined,
      ),
    );
    await waitFor("some of them at work", () => answers.length >= 20);
    await platform.kill("SIGKILL");
    await Promise.all(sends);
    await platform.restart();

    const accepted = answers.filter(({ status }) => status === 202);
    expect(accepted.length).toBeGreaterThan(0);
    for (const answer of accepted) {
      const record = await waitFor(
        "its record",
        async () => {
          const found = await api.activation(idOf(answer));
          return found.status === 200 && found;
        },
        { timeoutMs: RECORD_MS },
      );
      const { response } = record.json as { response: { success: boolean; status: string } };
      if (response.success) expect(response).toMatchObject({ result: { n: 4 } });
      else expect(response.status).toBe("whisk internal error");
    }
  });
});

/** The sandbox's own processes around `one`: they end a moment after it. */
function sandboxOf(one: Process, family: readonly Process[]): Process[] {
  const parent = family.find(({ pid }) => pid === one.parent);
  if (parent === undefined || !/^\S*(bwrap|unshare) /u.test(parent.command)) return [];
  return [parent, ...sandboxOf(parent, family)];
}

describe("kill -9 of a function process", () => {
  const victim = `let n = 0;
    function main(args) {
      n += 1;
      if (!args.wait) return { n };
      process.title = "victim";
      return new Promise((done) => setTimeout(() => done({ n }), 30000));
    }`;

  test("ends its activation, and the next one gets a new process", async () => {
    await using platform = await startPlatform();
    const api = apiOf(() => platform.url);
    await api.put("victim", victim);
    expect((await api.invoke("victim", "blocking=true&result=true")).json).toEqual({ n: 1 });

    const running = api.invoke("victim", "blocking=true", { wait: true });
    const target = await waitFor("the function process", () =>
      descendants(platform.pid).find(({ command }) => command === "victim"),
    );
    process.kill(target.pid, "SIGKILL");
    const answer = await running;
    expect(answer.status).toBe(502);
    expect(answer.json).toMatchObject({
      response: { status: "action developer error", result: { error: exitedUnexpectedly } },
    });
    await waitFor("its record", async () => (await api.activation(idOf(answer))).status === 200);
    expect((await api.invoke("victim", "blocking=true&result=true")).json).toEqual({ n: 1 });
  });

  test("that idles is noticed before the next activation meets it", async () => {
    await using platform = await startPlatform();
    const api = apiOf(() => platform.url);
    const titled = victim.replace("let n = 0;", 'process.title = "idler"; let n = 0;');
    await api.put("idler", titled);
    expect((await api.invoke("idler", "blocking=true&result=true")).json).toEqual({ n: 1 });
    const family = descendants(platform.pid);
    const target = family.find(({ command }) => command === "idler");
    if (target === undefined) throw new Error("the function process is not there");
    const idles = async (): Promise<number> => {
      const { text } = await request(platform.url, { path: "/metrics" });
      return Number(
        /^gauge_containerPool_idlesCount_counter(?:\{[^}]*\})? (\d+)$/m.exec(text)?.[1],
      );
    };
    await waitFor("its rest", async () => (await idles()) === 1);
    process.kill(target.pid, "SIGKILL");
    const sandbox = sandboxOf(target, family);
    await waitFor("the end of its sandbox", () => ![target, ...sandbox].some(isAlive));
    await waitFor("news of it at the server", async () => (await idles()) === 0);
    expect((await api.invoke("idler", "blocking=true&result=true")).json).toEqual({ n: 1 });
  });
});

describe("SIGTERM", () => {
  const sleep = `function main(args) {
    return new Promise((done) => setTimeout(() => done({ slept: args.ms }), args.ms));
  }`;

  test("lets running activations end and records them", async () => {
    await using platform = await startPlatform();
    const api = apiOf(() => platform.url);
    await api.put("sleep", sleep);
    await api.invoke("sleep", "blocking=true", { ms: 1 });
    const accepted = await api.invoke("sleep", "blocking=false", { ms: 1_500 });
    expect(accepted.status).toBe(202);
    const family = descendants(platform.pid);
    expect(await platform.kill("SIGTERM")).toEqual({ code: 0, signal: null });
    await waitFor("the end of its processes", () => !family.some(isAlive), { timeoutMs: GONE_MS });
    await platform.restart();
    const record = await api.activation(idOf(accepted));
    expect(record.json).toMatchObject({ response: { success: true, result: { slept: 1_500 } } });
  });

  test("twice ends the server at once", async () => {
    await using platform = await startPlatform();
    const api = apiOf(() => platform.url);
    await api.put("sleep", sleep);
    await api.invoke("sleep", "blocking=true", { ms: 1 });
    await api.invoke("sleep", "blocking=false", { ms: 50_000 });
    const family = descendants(platform.pid);
    const begun = performance.now();
    const first = platform.kill("SIGTERM");
    await waitFor("that it refuses new requests", () =>
      api.get("sleep").then(
        ({ status }) => status === 503,
        () => true,
      ),
    );
    await platform.kill("SIGTERM");
    await first;
    expect(performance.now() - begun).toBeLessThan(15_000);
    await waitFor("the end of its processes", () => !family.some(isAlive), { timeoutMs: GONE_MS });
  });
});

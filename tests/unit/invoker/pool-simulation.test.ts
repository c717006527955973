/**
 * A seeded random run of the pool over fake containers: no activation is lost or ended twice, and
 * memory is never exceeded. The seed is printed on failure; set SEED to replay it.
 */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ContainerPool } from "../../../src/invoker/container-pool.ts";
import { FakeDriver, OK_REPLY } from "../../helpers/fake-driver.ts";
import { makeJob } from "../../helpers/jobs.ts";
import { SEED } from "../../helpers/property.ts";

const STEPS = 10_000;
const MEMORY_MB = 2048;

function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("10,000 random steps keep every promise", { timeout: 60_000 }, async () => {
  const pick = random(SEED);
  const driver = new FakeDriver();
  const ends = new Map<string, number>();
  const submitted: string[] = [];
  const pool = new ContainerPool(
    {
      driver,
      loadCode: () => Promise.resolve("code"),
      markStarted: () => Promise.resolve(),
      finish: ({ message }) =>
        ends.set(message.activationId, (ends.get(message.activationId) ?? 0) + 1),
    },
    {
      memoryMb: MEMORY_MB,
      idleTimeoutMs: 5000,
      waitMsMax: 60_000,
      stemCells: [{ runtime: "nodejs:20", memoryMb: 256, count: 2 }],
      startsMax: 4,
      limits: { responseBytesMax: 1000, truncationBytes: 1000 },
      log: () => undefined,
    },
  );
  pool.start();
  const live = () => driver.live;
  const failure = { ...OK_REPLY, status: 502, body: '{"error":"x"}' };
  for (let step = 0; step < STEPS; step += 1) {
    const dice = pick(100);
    const containers = live();
    const container = containers[pick(containers.length || 1)];
    if (dice < 35) {
      const job = makeJob({
        action: `a${pick(6)}`,
        memory: [128, 256, 512][pick(3)] ?? 256,
        concurrency: [1, 1, 4][pick(3)] ?? 1,
        timeout: 2000,
        accepted: pick(4) === 0,
      });
      submitted.push(job.message.activationId);
      pool.submit(job);
    } else if (dice < 50) container?.becomeReady();
    else if (dice < 62) container?.answer(undefined, pick(10) === 0 ? failure : OK_REPLY);
    else if (dice < 90) {
      const open = [...(container?.runs.keys() ?? [])];
      // What was sent ahead runs in its order.
      const place = container?.takesAhead === true ? 0 : pick(open.length || 1);
      container?.answer(open[place] ?? "", pick(20) === 0 ? failure : OK_REPLY);
    } else if (dice < 92) container?.crash();
    else if (dice < 93) container?.failToStart(new Error("no"));
    else await vi.advanceTimersByTimeAsync(pick(200));
    const newest = driver.containers.at(-1);
    if (newest !== undefined && newest.inits === 0)
      newest.takesAhead = newest.spec.memoryMb !== 512;
    if (step % 8 === 0) await vi.advanceTimersByTimeAsync(0);
    const usedMb = live().reduce((sum, { spec }) => sum + spec.memoryMb, 0);
    expect(usedMb, `seed ${SEED}, step ${step}`).toBeLessThanOrEqual(MEMORY_MB);
    expect(pool.stats.usedMb, `seed ${SEED}, step ${step}`).toBe(usedMb);
  }
  for (let round = 0; round < 4000 && pool.stats.waiting + pool.stats.running > 0; round += 1) {
    for (const container of live()) {
      container.becomeReady();
      container.answer(undefined);
      for (const id of [...container.runs.keys()]) container.answer(id);
    }
    await vi.advanceTimersByTimeAsync(50);
  }
  expect(pool.stats, `seed ${SEED}`).toMatchObject({ waiting: 0, running: 0 });
  expect(ends.size, `seed ${SEED}`).toBe(submitted.length);
  expect(new Set(ends.values()), `seed ${SEED}`).toEqual(new Set([1]));
  pool.stop();
});

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ContainerPool, type PoolOptions } from "../../../src/invoker/container-pool.ts";
import type { Job, JobResult } from "../../../src/invoker/job.ts";
import { type FakeContainer, FakeDriver, OK_REPLY } from "../../helpers/fake-driver.ts";
import { makeJob } from "../../helpers/jobs.ts";

type Finished = { readonly job: Job; readonly result: JobResult };

function setUp(options: Partial<PoolOptions> = {}) {
  const driver = new FakeDriver();
  const finished: Finished[] = [];
  const marks: string[] = [];
  const pool = new ContainerPool(
    {
      driver,
      loadCode: () => Promise.resolve("code"),
      markStarted: (id) => {
        marks.push(id);
        return Promise.resolve();
      },
      finish: (job, result) => finished.push({ job, result }),
    },
    {
      memoryMb: 1024,
      idleTimeoutMs: 600_000,
      waitMsMax: 60_000,
      stemCells: [],
      startsMax: 4,
      limits: { responseBytesMax: 1000, truncationBytes: 1000 },
      log: () => undefined,
      ...options,
    },
  );
  return { driver, pool, finished, marks };
}

/** Lets promises that are due run. */
const settle = () => vi.advanceTimersByTimeAsync(0);

async function warmUp(container: FakeContainer | undefined): Promise<FakeContainer> {
  if (container === undefined) throw new Error("no container was created");
  container.becomeReady();
  await settle();
  container.answer(undefined);
  await settle();
  return container;
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("a stop ends stem cells that are still starting without a word", async () => {
  const warnings: string[] = [];
  const { driver, pool } = setUp({
    stemCells: [{ runtime: "nodejs:20", memoryMb: 256, count: 1 }],
    log: (_level, message) => warnings.push(message),
  });
  pool.start();
  await vi.advanceTimersByTimeAsync(1000);
  pool.stop();
  driver.containers[0]?.failToStart(new Error("destroyed before it started"));
  await settle();
  expect(driver.containers).toHaveLength(1);
  expect(warnings).toEqual([]);
});

describe("a job", () => {
  test("starts a container, initialises it once, and is run again in the same one", async () => {
    const { driver, pool, finished } = setUp();
    const first = makeJob();
    pool.submit(first);
    const container = await warmUp(driver.containers[0]);
    container.answer(first.message.activationId);
    const second = makeJob();
    pool.submit(second);
    container.answer(second.message.activationId);
    expect(driver.containers).toHaveLength(1);
    expect(container.inits).toBe(1);
    expect(finished.map(({ result }) => result.initTime !== undefined)).toEqual([true, false]);
  });

  test("does not wait for another one's initialisation, whose place is taken", async () => {
    const { driver, pool } = setUp();
    pool.submit(makeJob());
    driver.containers[0]?.becomeReady();
    await settle();
    expect(driver.containers[0]?.openInit).toBeDefined();
    pool.submit(makeJob());
    expect(driver.containers).toHaveLength(2);
  });

  test("waits for the places that an initialisation brings beside its own", async () => {
    const { driver, pool } = setUp();
    pool.submit(makeJob({ concurrency: 3 }));
    driver.containers[0]?.becomeReady();
    await settle();
    pool.submit(makeJob({ concurrency: 3 }));
    pool.submit(makeJob({ concurrency: 3 }));
    expect(driver.containers).toHaveLength(1);
    pool.submit(makeJob({ concurrency: 3 }));
    expect(driver.containers).toHaveLength(2);
  });

  test("that has waited in vain leaves nothing behind", async () => {
    const { driver, pool, finished } = setUp({ memoryMb: 256, waitMsMax: 1000 });
    pool.submit(makeJob({ timeout: 60_000 }));
    await warmUp(driver.containers[0]);
    for (let i = 0; i < 3; i += 1) pool.submit(makeJob({ action: `other${i}` }));
    expect(pool.stats.actions).toBe(4);
    await vi.advanceTimersByTimeAsync(1100);
    expect(finished).toHaveLength(3);
    expect(pool.stats.actions).toBe(1);
  });

  test("of another namespace or revision never shares a container", async () => {
    const { driver, pool } = setUp();
    for (const options of [{}, { namespace: "other" }, { revision: "2-b" }]) {
      const job = makeJob(options);
      pool.submit(job);
      const container = await warmUp(driver.containers.at(-1));
      container.answer(job.message.activationId);
    }
    expect(driver.containers).toHaveLength(3);
  });

  test("that was promised with a 202 runs only after its start is on disk", async () => {
    const { driver, pool, marks } = setUp();
    const job = makeJob({ accepted: true });
    pool.submit(job);
    driver.containers[0]?.becomeReady();
    await settle();
    expect(marks).toEqual([job.message.activationId]);
    expect(driver.containers[0]?.inits).toBe(1);
  });

  test("that timed out is a developer error and its container is destroyed", async () => {
    const { driver, pool, finished } = setUp();
    pool.submit(makeJob({ timeout: 500 }));
    const container = await warmUp(driver.containers[0]);
    await vi.advanceTimersByTimeAsync(500);
    expect(finished[0]?.result.response.result).toContain("time limits of 500 milliseconds.");
    expect(finished[0]?.result.timedOut).toBe(true);
    expect(container.destroyed).toBe(true);
    expect(pool.stats).toMatchObject({ usedMb: 0, containers: 0, running: 0 });
  });

  test("whose container crashes ends, and the next one gets a new container", async () => {
    const { driver, pool, finished } = setUp();
    pool.submit(makeJob());
    (await warmUp(driver.containers[0])).crash();
    expect(finished[0]?.result.response.result).toContain("exited unexpectedly");
    pool.submit(makeJob());
    expect(driver.live).toHaveLength(1);
  });

  test("whose container cannot be started is a whisk error", async () => {
    const { driver, pool, finished } = setUp();
    pool.submit(makeJob());
    driver.containers[0]?.failToStart(new Error("no such file"));
    await settle();
    expect(finished[0]?.result.response).toMatchObject({ statusCode: 3 });
    expect(pool.stats.usedMb).toBe(0);
  });

  test("that waits too long for memory ends with the original's text", async () => {
    const { driver, pool, finished } = setUp({ memoryMb: 256, waitMsMax: 1000 });
    pool.submit(makeJob());
    await warmUp(driver.containers[0]);
    pool.submit(makeJob({ action: "other" }));
    await vi.advanceTimersByTimeAsync(1020);
    expect(finished).toHaveLength(1);
    expect(finished[0]?.result.response.statusCode).toBe(3);
    expect(finished[0]?.result.response.result).toMatch(/is not initiated for 10[01]\d ms/);
  });
});

describe("memory", () => {
  test("is never exceeded, and the longest idle container goes first", async () => {
    const { driver, pool } = setUp({ memoryMb: 512 });
    for (const action of ["a", "b"]) {
      const job = makeJob({ action });
      pool.submit(job);
      (await warmUp(driver.containers.at(-1))).answer(job.message.activationId);
    }
    pool.submit(makeJob({ action: "c" }));
    expect(driver.containers.map(({ destroyed }) => destroyed)).toEqual([true, false, false]);
    expect(pool.stats.usedMb).toBe(512);
  });

  test("that one busy action holds is given up for another one that starves", async () => {
    const { driver, pool, finished } = setUp({ memoryMb: 256 });
    const jobs = Array.from({ length: 4 }, () => makeJob({ action: "busy" }));
    for (const job of jobs) pool.submit(job);
    const busy = await warmUp(driver.containers[0]);
    pool.submit(makeJob({ action: "starving" }));
    busy.answer(jobs[0]?.message.activationId);
    await vi.advanceTimersByTimeAsync(300);
    busy.answer(jobs[1]?.message.activationId);
    await settle();
    expect(driver.live).toHaveLength(1);
    expect(driver.live[0]?.spec.name).toContain("starving");
    expect(finished).toHaveLength(2);
  });

  test("of idle containers is free again after the idle time", async () => {
    const { driver, pool } = setUp({ idleTimeoutMs: 1000 });
    pool.start();
    const job = makeJob();
    pool.submit(job);
    (await warmUp(driver.containers[0])).answer(job.message.activationId);
    await vi.advanceTimersByTimeAsync(1600);
    expect(driver.live).toHaveLength(0);
    expect(pool.stats.usedMb).toBe(0);
    pool.stop();
  });
});

describe("concurrency within a container", () => {
  test("admits as many as the action's limit, then waits or starts another", async () => {
    const { driver, pool } = setUp();
    const jobs = Array.from({ length: 3 }, () => makeJob({ concurrency: 3 }));
    for (const job of jobs) pool.submit(job);
    const container = await warmUp(driver.containers[0]);
    expect(driver.containers).toHaveLength(1);
    expect(container.runs.size).toBe(3);
    for (const job of jobs) container.answer(job.message.activationId);
    expect(pool.stats).toMatchObject({ idle: 1, running: 0 });
  });

  test("a run that hangs does not end those beside it", async () => {
    const { driver, pool, finished } = setUp();
    const hanging = makeJob({ concurrency: 2, timeout: 500 });
    pool.submit(hanging);
    const container = await warmUp(driver.containers[0]);
    await vi.advanceTimersByTimeAsync(400);
    const other = makeJob({ concurrency: 2, timeout: 500 });
    pool.submit(other);
    await vi.advanceTimersByTimeAsync(100);
    expect(finished.map(({ job }) => job)).toEqual([hanging]);
    expect(container.destroyed).toBe(false);
    container.answer(other.message.activationId);
    expect(finished[1]?.result.response.statusCode).toBe(0);
    expect(container.destroyed).toBe(true);
  });

  test("a failed init fails the jobs that waited for that container", async () => {
    const { driver, pool, finished } = setUp();
    for (let i = 0; i < 3; i += 1) pool.submit(makeJob({ concurrency: 3 }));
    driver.containers[0]?.becomeReady();
    await settle();
    driver.containers[0]?.answer(undefined, { ...OK_REPLY, status: 502, body: '{"error":"bad"}' });
    expect(finished.map(({ result }) => result.response.result)).toEqual(
      Array(3).fill('{"error":"bad"}'),
    );
    expect(driver.live).toHaveLength(0);
  });
});

describe("prewarmed containers", () => {
  const stemCells = [{ runtime: "nodejs:20", memoryMb: 256, count: 1 }];

  test("serve the first activation of a kind and memory, and are replaced", async () => {
    const { driver, pool } = setUp({ stemCells });
    pool.start();
    driver.containers[0]?.becomeReady();
    await settle();
    expect(pool.stats.prewarmed).toBe(1);
    pool.submit(makeJob());
    await settle();
    expect(driver.containers[0]?.inits).toBe(1);
    await vi.advanceTimersByTimeAsync(30);
    expect(driver.containers).toHaveLength(2);
    expect(pool.counts).toMatchObject({ cold: 0, prewarmed: 1 });
    pool.stop();
  });

  test("go when an action needs their memory", async () => {
    const { driver, pool } = setUp({ stemCells, memoryMb: 512 });
    pool.start();
    driver.containers[0]?.becomeReady();
    await settle();
    pool.submit(makeJob({ memory: 512 }));
    expect(driver.containers.map(({ destroyed }) => destroyed)).toEqual([true, false]);
    expect(pool.stats.usedMb).toBe(512);
    pool.stop();
  });

  test("of another size are left alone", async () => {
    const { driver, pool } = setUp({ stemCells });
    pool.start();
    driver.containers[0]?.becomeReady();
    await settle();
    pool.submit(makeJob({ memory: 128 }));
    expect(driver.containers.map(({ spec }) => spec.memoryMb)).toEqual([256, 128]);
    pool.stop();
  });
});

test("a stop ends what runs and waits as whisk errors, and leaves what was promised", async () => {
  const { driver, pool, finished } = setUp({ memoryMb: 256 });
  const running = makeJob();
  pool.submit(running);
  await warmUp(driver.containers[0]);
  const waiting = makeJob({ action: "other" });
  const promised = makeJob({ action: "other", accepted: true });
  pool.submit(waiting);
  pool.submit(promised);
  pool.stop();
  for (const container of driver.live) await container.destroy();
  expect(finished.map(({ job, result }) => [job, result.response.statusCode])).toEqual([
    [waiting, 3],
    [running, 3],
  ]);
});

test("a stop that ends an initialisation is no fault of its developer", async () => {
  const { driver, pool, finished } = setUp();
  pool.submit(makeJob());
  driver.containers[0]?.becomeReady();
  await settle();
  pool.stop();
  await driver.containers[0]?.destroy();
  expect(finished.map(({ result }) => result.response.statusCode)).toEqual([3]);
});

describe("sending ahead", () => {
  /** A warm container of an action whose runs take no time, with one run open. */
  async function busyContainer() {
    const parts = setUp();
    const first = makeJob();
    parts.pool.submit(first);
    const [container] = parts.driver.containers;
    if (container !== undefined) container.takesAhead = true;
    (await warmUp(container)).answer(first.message.activationId);
    const jobs = Array.from({ length: 10 }, () => makeJob());
    for (const job of jobs) parts.pool.submit(job);
    return { ...parts, container: container as FakeContainer, jobs };
  }

  test("fills a container to eight, and each answer lets one follow", async () => {
    const { container, pool, jobs, driver } = await busyContainer();
    expect(container.runs.size).toBe(8);
    expect(pool.stats).toMatchObject({ running: 8, waiting: 2 });
    for (const job of jobs) container.answer(job.message.activationId);
    expect(pool.stats).toMatchObject({ running: 0, waiting: 0, idle: 1 });
    expect(driver.containers).toHaveLength(1);
  });

  test("asks back what stands behind a run that takes long; others take it, in order", async () => {
    const { container, pool, jobs, driver, finished } = await busyContainer();
    await vi.advanceTimersByTimeAsync(20);
    expect(container.runs.size).toBe(1);
    await vi.advanceTimersByTimeAsync(50);
    expect(driver.live.length).toBeGreaterThan(1);
    const second = await warmUp(driver.live[1]);
    expect([...second.runs.keys()]).toEqual([jobs[1]?.message.activationId]);
    expect(pool.stats.waiting + pool.stats.running).toBe(10);
    expect(finished).toHaveLength(1);
  });

  test("counts as begun: an accept record must not let it run twice", async () => {
    const { jobs, container } = await busyContainer();
    expect(jobs.slice(0, 8).map(({ state }) => state)).toEqual(Array(8).fill("running"));
    expect(jobs[8]?.state).toBe("waiting");
    await vi.advanceTimersByTimeAsync(20);
    expect(container.runs.size).toBe(1);
    expect(jobs[1]?.state).toBe("waiting");
  });

  test("never behind a run's time limit: the clock of each begins when it begins", async () => {
    const { container, jobs, finished } = await busyContainer();
    vi.setSystemTime(Date.now() + 1000);
    container.answer(jobs[0]?.message.activationId);
    container.answer(jobs[1]?.message.activationId);
    expect(finished.at(-1)?.result.duration).toBe(0);
  });

  test("ends at a stop like what waits", async () => {
    const { container, finished, pool } = await busyContainer();
    pool.stop();
    await container.destroy();
    await settle();
    expect(finished.slice(1).map(({ result }) => result.response.statusCode)).toEqual(
      Array(10).fill(3),
    );
    expect(pool.stats).toMatchObject({ waiting: 0, running: 0 });
  });

  test("a crash hits only the one that ran", async () => {
    const { container, finished, pool } = await busyContainer();
    container.crash();
    await settle();
    expect(finished.filter(({ result }) => result.response.statusCode === 2)).toHaveLength(1);
    expect(pool.stats.waiting + pool.stats.running).toBe(9);
  });

  test("a run that was sent alone has begun, whatever user code says", async () => {
    const { driver, pool, finished } = setUp();
    const job = makeJob();
    pool.submit(job);
    const container = await warmUp(driver.containers[0]);
    container.answer(job.message.activationId, { type: "unstarted" });
    expect(finished[0]?.result.response.result).toContain("exited unexpectedly");
    expect(container.destroyed).toBe(true);
  });

  test("not for ever: what came back twice waits for a place of its own", async () => {
    const { container, pool, jobs } = await busyContainer();
    const [front, victim] = jobs;
    for (let round = 0; round < 2; round += 1) {
      container.answer(victim?.message.activationId, { type: "unstarted" });
      await settle();
      expect(container.runs.has(victim?.message.activationId ?? "")).toBe(round === 0);
    }
    expect(victim?.returns).toBe(2);
    expect(pool.stats.waiting + pool.stats.running).toBe(10);
    container.answer(front?.message.activationId);
  });

  test("not what was promised with a 202", async () => {
    const { container, pool } = await busyContainer();
    for (const id of [...container.runs.keys()]) container.answer(id);
    for (const id of [...container.runs.keys()]) container.answer(id);
    pool.submit(makeJob());
    pool.submit(makeJob({ accepted: true }));
    await settle();
    expect(container.runs.size).toBe(1);
    expect(pool.stats.waiting).toBe(1);
  });
});

describe("callers who have been blocked", () => {
  test("what waits of them ends as the original says; what runs and what others wait for goes on", async () => {
    const { driver, pool, finished } = setUp({ memoryMb: 256 });
    const first = makeJob();
    pool.submit(first);
    const container = await warmUp(driver.containers[0]);
    const own = [makeJob(), makeJob()];
    const others = [makeJob({ namespace: "other" }), makeJob({ namespace: "other" })];
    for (const job of [...own, ...others]) pool.submit(job);
    const sentAhead = container.runs.size - 1;
    pool.refuse(({ namespace }) => namespace.name === "guest");
    expect(finished.map(({ job }) => job)).toEqual(own.slice(sentAhead));
    for (const { result } of finished) {
      expect(result.response).toEqual({
        statusCode: 1,
        result: '{"error":"The action was not invoked due to a blacklisted namespace."}',
      });
    }
    expect(pool.stats.waiting).toBe(2);
    container.answer(first.message.activationId, OK_REPLY);
    await settle();
    expect(finished.at(-1)?.job).toBe(first);
    pool.stop();
  });

  test("nobody's turn changes, and a drained pool is quiet", async () => {
    const { driver, pool, finished } = setUp({ memoryMb: 256 });
    const jobs = [makeJob(), makeJob(), makeJob()];
    for (const job of jobs) pool.submit(job);
    pool.refuse(() => false);
    expect(pool.stats.waiting).toBe(3);
    const container = await warmUp(driver.containers[0]);
    expect([...container.runs.keys()][0]).toBe(jobs[0]?.message.activationId);
    const quiet = pool.quiet();
    pool.refuse(() => true);
    for (const id of [...container.runs.keys()]) container.answer(id, OK_REPLY);
    await quiet;
    expect(finished).toHaveLength(3);
    pool.stop();
  });
});

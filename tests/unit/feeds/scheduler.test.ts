/** Alarms over a clock that the test moves and a trigger that answers as told. */
import { describe, expect, test } from "vitest";
import { PlatformError } from "../../../src/core/errors.ts";
import { type Alarm, alarmKey } from "../../../src/feeds/alarms/alarm.ts";
import { AlarmBook } from "../../../src/feeds/alarms/alarm-book.ts";
import {
  AlarmScheduler,
  FIRE_TRIES_MAX,
  type FireAnswer,
  type SchedulerOptions,
} from "../../../src/feeds/alarms/scheduler.ts";
import type { ConfigStore } from "../../../src/gateway/config-store.ts";
import { openMemoryConfigStore } from "../../../src/gateway/store/memory.ts";

const START = Date.parse("2026-01-01T00:00:00Z");
const options: SchedulerOptions = {
  delayMax: 0,
  isStrict: false,
  missed: "fire",
  log: () => undefined,
};

type Timer = { readonly at: number; readonly callback: () => void };

class TestClock {
  time = START;
  private readonly timers = new Set<Timer>();
  now = (): number => this.time;
  after = (ms: number, callback: () => void): (() => void) => {
    const timer = { at: this.time + ms, callback };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  };

  /** Moves on step by step; what becomes due runs at its time, promises included. */
  async pass(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const next = [...this.timers].sort((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.timers.delete(next);
      this.time = Math.max(this.time, next.at);
      next.callback();
    }
    this.time = end;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function setUp(members: Partial<Alarm> = {}, own: Partial<SchedulerOptions> = {}) {
  const store = await openMemoryConfigStore();
  const book = new AlarmBook(store);
  const clock = new TestClock();
  const fires: { time: number; id: string }[] = [];
  const deleted: boolean[] = [];
  const failures: Error[] = [];
  const answers: FireAnswer[] = [];
  const firer = {
    fire: async (_: Alarm, id: string) => {
      fires.push({ time: clock.time, id });
      return answers.shift() ?? { status: 202 };
    },
    deleteTrigger: async (_: Alarm, withRules: boolean) => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      deleted.push(withRules);
    },
  };
  const alarm: Alarm = {
    namespace: "guest",
    name: "t",
    owner: { subject: "guest", uuid: "u" },
    payload: { a: 1 },
    rule: { type: "cron", cron: "* * * * *" },
    status: { active: true, dateChanged: START },
    since: START,
    ...members,
  };
  await book.put(alarm);
  const begin = async () => {
    const scheduler = new AlarmScheduler(book, firer, clock, { ...options, ...own });
    await scheduler.start();
    return scheduler;
  };
  const stored = () => book.get(alarm);
  const minutes = () => fires.map(({ time }) => (time - START) / 60_000);
  return { book, store, clock, fires, deleted, failures, answers, alarm, begin, stored, minutes };
}

describe("firing", () => {
  test("at each slot, once", async () => {
    const { clock, begin, minutes, stored } = await setUp();
    await begin();
    await clock.pass(200_000);
    expect(minutes()).toEqual([1, 2, 3]);
    expect(await stored()).toMatchObject({ last: START + 180_000, status: { active: true } });
    expect(await stored()).not.toHaveProperty("pending");
  });

  test("a date once, then it is disabled", async () => {
    const { clock, begin, fires, stored } = await setUp({
      rule: { type: "once", date: START + 500 },
    });
    await begin();
    await clock.pass(120_000);
    expect(fires).toHaveLength(1);
    expect(await stored()).toMatchObject({
      status: {
        active: false,
        reason: { kind: "AUTO", message: "Automatically disabled after firing once" },
      },
    });
  });

  test.each([
    ["true", false],
    ["rules", true],
  ] as const)("deleteAfterFire %s", async (word, rules) => {
    const rule = { type: "once", date: START + 500, deleteAfterFire: word } as const;
    const { clock, begin, deleted, stored } = await setUp({ rule });
    const scheduler = await begin();
    await clock.pass(1000);
    expect(deleted).toEqual([rules]);
    expect(await stored()).toBeUndefined();
    expect(scheduler.size).toBe(0);
  });

  test.each([
    ["cron", { type: "cron", cron: "* * * * *" }],
    ["interval", { type: "interval", minutes: 1 }],
  ] as const)("%s until its stop date", async (word, rule) => {
    const dates = { startDate: START, stopDate: START + 150_000 };
    const { clock, begin, fires, stored } = await setUp({ rule, ...dates });
    await begin();
    await clock.pass(600_000);
    expect(fires.at(-1)?.time).toBe(START + 120_000);
    expect((await stored())?.status.reason?.message).toBe(
      `Automatically disabled after firing last scheduled ${word} trigger`,
    );
  });

  test("as often as maxTriggers said", async () => {
    const { clock, begin, minutes, stored } = await setUp({ firesLeft: 2 });
    await begin();
    await clock.pass(600_000);
    expect(minutes()).toEqual([1, 2]);
    expect((await stored())?.status.reason?.message).toBe(
      "Automatically disabled after reaching max triggers",
    );
  });

  test("a disabled alarm does not fire", async () => {
    const { clock, begin, fires } = await setUp({ status: { active: false, dateChanged: START } });
    await begin();
    await clock.pass(600_000);
    expect(fires).toEqual([]);
  });
});

describe("a fire that is refused", () => {
  test.each([[400], [401], [403], [404]])("%i disables the alarm", async (status) => {
    const { clock, begin, answers, fires, stored } = await setUp();
    answers.push({ status, error: "gone" });
    await begin();
    await clock.pass(600_000);
    expect(fires).toHaveLength(1);
    expect((await stored())?.status).toMatchObject({
      active: false,
      reason: { kind: "AUTO", statusCode: status, message: "Trigger automatically disabled: gone" },
    });
  });

  test.each([[408], [409], [429], [500], [503]])(
    "%i is tried again, with the same id",
    async (status) => {
      const { clock, begin, answers, fires } = await setUp();
      answers.push({ status }, { status });
      await begin();
      await clock.pass(90_000);
      expect(fires).toHaveLength(3);
      expect(new Set(fires.map(({ id }) => id)).size).toBe(1);
    },
  );

  test("429 again and again disables it in the end", async () => {
    const { clock, begin, answers, fires, stored } = await setUp({
      rule: { type: "once", date: START + 1 },
    });
    for (let n = 0; n < FIRE_TRIES_MAX; n += 1) answers.push({ status: 429 });
    await begin();
    await clock.pass(3_600_000);
    expect(fires).toHaveLength(FIRE_TRIES_MAX);
    expect((await stored())?.status.reason).toMatchObject({ statusCode: 429 });
  });

  test("other failures give up the slot, not the alarm", async () => {
    const { clock, begin, answers, stored } = await setUp({
      rule: { type: "cron", cron: "0 * * * *" },
    });
    for (let n = 0; n < FIRE_TRIES_MAX; n += 1) answers.push({ status: 500 });
    await begin();
    await clock.pass(3_700_000);
    expect(await stored()).toMatchObject({ status: { active: true }, last: START + 3_600_000 });
  });
});

describe("a disk that refuses, or a trigger that cannot be deleted", () => {
  /** The store's next puts but one fail, from the one after the fire on. */
  const refuse = (store: ConfigStore, failures: number): void => {
    const { put } = store;
    let puts = 0;
    store.put = (...args) => {
      puts += 1;
      if (puts > 1 && puts <= 1 + failures) {
        return Promise.reject(new PlatformError("STORE_UNAVAILABLE"));
      }
      return put.apply(store, args);
    };
  };

  test("after a fire: it is made up with the id that it had, then the alarm goes on", async () => {
    const { store, clock, begin, fires, stored } = await setUp();
    await begin();
    refuse(store, 1);
    await clock.pass(62_000);
    expect(fires).toHaveLength(2);
    expect(fires[0]?.id).toBe(fires[1]?.id);
    expect(await stored()).toMatchObject({ last: START + 60_000 });
    await clock.pass(60_000);
    expect(fires).toHaveLength(3);
  });

  test("the trigger is deleted in the end", async () => {
    const rule = { type: "once", date: START + 500, deleteAfterFire: "rules" } as const;
    const { clock, begin, failures, deleted, stored } = await setUp({ rule });
    failures.push(new PlatformError("CONFLICT"));
    const scheduler = await begin();
    await clock.pass(5000);
    expect(deleted).toEqual([true]);
    expect(await stored()).toBeUndefined();
    expect(scheduler.size).toBe(0);
  });
});

describe("over restarts", () => {
  test("the last missed slot is made up, the ones before are not", async () => {
    const { clock, begin, minutes } = await setUp();
    clock.time = START + 10.5 * 60_000;
    await begin();
    await clock.pass(60_000);
    expect(minutes()).toEqual([10.5, 11]);
  });

  test("missed slots are left out when so configured, but never a date", async () => {
    const cron = await setUp({}, { missed: "skip" });
    cron.clock.time = START + 10.5 * 60_000;
    await cron.begin();
    await cron.clock.pass(60_000);
    expect(cron.minutes()).toEqual([11]);
    const once = await setUp({ rule: { type: "once", date: START + 1 } }, { missed: "skip" });
    once.clock.time = START + 600_000;
    await once.begin();
    await once.clock.pass(1000);
    expect(once.fires).toHaveLength(1);
  });

  test("a fire that was interrupted is made with the id that it had", async () => {
    const activationId = "c".repeat(32);
    const { clock, begin, fires, stored } = await setUp({
      pending: { slot: START + 60_000, activationId },
    });
    clock.time = START + 61_000;
    await begin();
    await clock.pass(1000);
    expect(fires.map(({ id }) => id)).toEqual([activationId]);
    expect(await stored()).toMatchObject({ last: START + 60_000 });
  });

  test("what was fired is not fired again", async () => {
    const { clock, begin, minutes } = await setUp();
    const first = await begin();
    await clock.pass(61_000);
    await first.stop();
    await begin();
    await clock.pass(60_000);
    expect(minutes()).toEqual([1, 2]);
  });

  test("a stop in the middle of the tries leaves the fire pending", async () => {
    const { clock, begin, answers, fires, stored } = await setUp();
    answers.push({ status: 503 });
    const first = await begin();
    await clock.pass(60_100);
    await first.stop();
    expect(await stored()).toHaveProperty("pending");
    await begin();
    await clock.pass(5000);
    expect(fires).toHaveLength(2);
    expect(fires[0]?.id).toBe(fires[1]?.id);
  });
});

describe("the clock of the machine", () => {
  test("set forward: one fire for all that was passed over", async () => {
    const { clock, begin, fires } = await setUp();
    await begin();
    await clock.pass(30_000);
    clock.time += 3_600_000;
    await clock.pass(1000);
    expect(fires).toHaveLength(1);
  });

  test("set back: nothing twice", async () => {
    const { clock, begin, minutes } = await setUp();
    await begin();
    await clock.pass(121_000);
    clock.time -= 90_000;
    await clock.pass(90_000);
    expect(minutes()).toEqual([1, 2]);
    await clock.pass(60_000);
    expect(minutes()).toEqual([1, 2, 3]);
  });
});

test("an alarm that is changed while it fires keeps the change", async () => {
  const { book, clock, begin, answers, fires, alarm, stored } = await setUp();
  answers.push({ status: 503 });
  const scheduler = await begin();
  await clock.pass(60_100);
  const changed: Alarm = { ...alarm, rule: { type: "cron", cron: "0 0 * * *" }, since: clock.time };
  await book.put(changed);
  scheduler.changed(alarmKey(alarm), changed);
  await clock.pass(600_000);
  expect(fires).toHaveLength(1);
  expect(await stored()).toMatchObject({ rule: { cron: "0 0 * * *" } });
});

test("two hundred at the same second", async () => {
  const { book, clock, begin, fires, alarm } = await setUp({
    rule: { type: "once", date: START + 1000 },
  });
  for (let n = 1; n < 200; n += 1) await book.put({ ...alarm, name: `t${n}` });
  await begin();
  await clock.pass(1000);
  expect(fires).toHaveLength(200);
});

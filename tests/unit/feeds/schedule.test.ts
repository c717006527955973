import { describe, expect, test } from "vitest";
import type { Alarm, AlarmRule } from "../../../src/feeds/alarms/alarm.ts";
import { dueSlot, nextSlot, readCron } from "../../../src/feeds/alarms/schedule.ts";

const at = (text: string): number => Date.parse(text);
const iso = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString();
const plain = { delayMax: 0, isStrict: false };

function alarm(rule: AlarmRule, members: Partial<Alarm> = {}): Alarm {
  return {
    namespace: "guest",
    name: "t",
    owner: { subject: "guest", uuid: "u" },
    payload: {},
    rule,
    status: { active: true, dateChanged: 0 },
    since: at("2026-01-01T00:00:00Z"),
    ...members,
  };
}

describe("the next slot", () => {
  test.each([
    ["*/5 * * * *", undefined, "2026-01-01T00:05:00Z", "2026-01-01T00:10:00.000Z"],
    ["*/5 * * * *", undefined, "2026-01-01T00:04:59.999Z", "2026-01-01T00:05:00.000Z"],
    ["*/10 * * * * *", undefined, "2026-01-01T00:00:01Z", "2026-01-01T00:00:10.000Z"],
    ["0 9 * * *", "Europe/Berlin", "2026-01-01T00:00:00Z", "2026-01-01T08:00:00.000Z"],
    ["0 9 * * *", "Europe/Berlin", "2026-07-01T00:00:00Z", "2026-07-01T07:00:00.000Z"],
    // The night of the change to summer time has no 2:30: what follows is the next moment.
    ["30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00.000Z"],
    // That of the change back has it twice, and the alarm comes once.
    ["30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00.000Z"],
    ["0 0 29 2 *", undefined, "2026-01-01T00:00:00Z", "2028-02-29T00:00:00.000Z"],
    // Day of month or day of week.
    ["0 0 13 * 5", undefined, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00.000Z"],
  ])("%s in %s after %s", (cron, timezone, after, expected) => {
    const rule: AlarmRule = { type: "cron", cron, ...(timezone === undefined ? {} : { timezone }) };
    expect(iso(nextSlot(alarm(rule), at(after), plain))).toBe(expected);
  });

  test("an interval is anchored to its start", () => {
    const one = alarm({ type: "interval", minutes: 7 }, { startDate: "2026-01-01T00:01:00Z" });
    expect(iso(nextSlot(one, one.since, plain))).toBe("2026-01-01T00:01:00.000Z");
    expect(iso(nextSlot(one, at("2026-01-01T00:01:00Z"), plain))).toBe("2026-01-01T00:08:00.000Z");
    expect(iso(nextSlot(one, at("2026-01-01T01:00:00Z"), plain))).toBe("2026-01-01T01:04:00.000Z");
  });

  test("a date comes once", () => {
    const one = alarm({ type: "once", date: "2026-01-02T00:00:00Z" });
    expect(iso(nextSlot(one, one.since, plain))).toBe("2026-01-02T00:00:00.000Z");
    expect(nextSlot(one, at("2026-01-02T00:00:00Z"), plain)).toBeUndefined();
  });

  test("nothing comes before the start date or after the stop date", () => {
    const dates = { startDate: "2026-01-05T00:00:00Z", stopDate: "2026-01-06T00:00:00Z" };
    const daily = alarm({ type: "cron", cron: "0 0 * * *" }, dates);
    expect(iso(nextSlot(daily, daily.since, plain))).toBe("2026-01-05T00:00:00.000Z");
    expect(iso(nextSlot(daily, at(dates.startDate), plain))).toBe("2026-01-06T00:00:00.000Z");
    expect(nextSlot(daily, at(dates.stopDate), plain)).toBeUndefined();
  });

  test("patterns that never come", () => {
    const never = alarm({ type: "cron", cron: "0 0 31 2 *" });
    expect(nextSlot(never, never.since, plain)).toBeUndefined();
  });

  test("alarms of five fields are spread over the first seconds of the minute", () => {
    const spread = { delayMax: 59, isStrict: false };
    const seconds = ["a", "b", "c", "nightly", "report"].map((name) => {
      const one = alarm({ type: "cron", cron: "* * * * *" }, { name });
      return new Date(nextSlot(one, one.since, spread) ?? 0).getUTCSeconds();
    });
    expect(new Set(seconds).size).toBeGreaterThan(2);
    for (const strict of [true, "True"]) {
      const exact = alarm({ type: "cron", cron: "* * * * *", strict });
      expect(iso(nextSlot(exact, exact.since, spread))).toBe("2026-01-01T00:01:00.000Z");
    }
    const six = alarm({ type: "cron", cron: "0 * * * * *" });
    expect(iso(nextSlot(six, six.since, spread))).toBe("2026-01-01T00:01:00.000Z");
  });
});

describe("what is due", () => {
  test("nothing before the first slot", () => {
    const hourly = alarm({ type: "cron", cron: "0 * * * *" });
    expect(dueSlot(hourly, at("2026-01-01T00:59:59Z"), plain)).toBeUndefined();
  });

  test.each([
    [{ type: "cron", cron: "* * * * * *" }, "2026-02-03T04:05:06.789Z", "2026-02-03T04:05:06.000Z"],
    [{ type: "cron", cron: "0 * * * *" }, "2026-02-03T04:05:06Z", "2026-02-03T04:00:00.000Z"],
    [{ type: "cron", cron: "0 0 1 * *" }, "2026-05-20T00:00:00Z", "2026-05-01T00:00:00.000Z"],
    [{ type: "cron", cron: "0 0 1 3 *" }, "2029-02-01T00:00:00Z", "2028-03-01T00:00:00.000Z"],
    [{ type: "interval", minutes: 60 }, "2026-01-03T10:30:00Z", "2026-01-03T10:00:00.000Z"],
    [
      { type: "once", date: "2026-01-02T00:00:00Z" },
      "2027-01-01T00:00:00Z",
      "2026-01-02T00:00:00.000Z",
    ],
  ] as [AlarmRule, string, string][])("the last slot of %j at %s", (rule, now, expected) => {
    expect(iso(dueSlot(alarm(rule), at(now), plain))).toBe(expected);
  });

  test("not what was fired, also when the clock was set back", () => {
    const hourly = alarm({ type: "cron", cron: "0 * * * *" }, { last: at("2026-01-01T05:00:00Z") });
    expect(dueSlot(hourly, at("2026-01-01T05:59:00Z"), plain)).toBeUndefined();
    expect(dueSlot(hourly, at("2026-01-01T03:00:00Z"), plain)).toBeUndefined();
    expect(iso(dueSlot(hourly, at("2026-01-01T06:00:00Z"), plain))).toBe(
      "2026-01-01T06:00:00.000Z",
    );
  });
});

test.each([
  [""],
  ["* * * *"],
  ["* * * * * * *"],
  ["61 * * * *"],
  ["hello"],
  ["* * * * 9"],
  ["a b c d e"],
])("'%s' is no pattern", (cron) => {
  expect(() => readCron(cron)).toThrow();
});

test("an unknown time zone is noticed", () => {
  expect(() => readCron("* * * * *", "Atlantis/City")).toThrow();
});

import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../src/core/documents.ts";
import {
  AlarmError,
  type AlarmSettings,
  alarmView,
  createAlarm,
  MINUTES_MAX,
  updateAlarm,
} from "../../../src/feeds/alarms/alarm-request.ts";
import { dueSlot, nextSlot } from "../../../src/feeds/alarms/schedule.ts";
import { fc } from "../../helpers/property.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const settings: AlarmSettings = { delayMax: 0, isStrict: false, limitCronFields: false };
const trigger = { namespace: "guest", name: "t", owner: { subject: "guest", uuid: "u" } };
const later = (ms: number): string => new Date(NOW + ms).toISOString();

function refusal(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    if (error instanceof AlarmError) return error.message;
    throw error;
  }
  return "accepted";
}

describe("CREATE is refused", () => {
  test.each<[JsonObject, string]>([
    [{}, "alarms trigger feed is missing the cron parameter"],
    [{ cron: "" }, "alarms trigger feed is missing the cron parameter"],
    [{ cron: "x" }, "cron pattern 'x' is not valid"],
    [{ cron: "* * * *" }, "cron pattern '* * * *' is not valid"],
    [{ cron: "* * * * *", timezone: "Atlantis/City" }, "Invalid timezone."],
    [{ isInterval: true }, "interval trigger feed is missing the minutes parameter"],
    [{ isInterval: true, minutes: 1.5 }, "the minutes parameter must be an integer"],
    [{ isInterval: true, minutes: "x" }, "the minutes parameter must be an integer"],
    [
      { isInterval: true, minutes: -1 },
      "the minutes parameter must be an integer greater than zero",
    ],
    [
      { isInterval: true, minutes: MINUTES_MAX + 1 },
      `the minutes parameter must be at most ${MINUTES_MAX}`,
    ],
    [{ fireOnce: true }, "alarms once trigger feed is missing the date parameter"],
    [{ fireOnce: true, date: "soon" }, "date parameter 'soon' is not a valid Date"],
    [{ fireOnce: true, date: later(0) }, `date parameter '${later(0)}' must be in the future`],
    [
      { fireOnce: true, date: later(1), deleteAfterFire: "maybe" },
      "deleteAfterFire parameter must be one of [false, true, rules].",
    ],
    [
      { cron: "* * * * *", startDate: later(-1) },
      `startDate parameter '${later(-1)}' must be in the future`,
    ],
    [
      { cron: "* * * * *", startDate: later(9000), stopDate: later(9000) },
      `stopDate parameter '${later(9000)}' must be greater than the startDate parameter '${later(9000)}'`,
    ],
    [
      { cron: "* * * * *", maxTriggers: 3, stopDate: later(90_000) },
      "maxTriggers is not allowed when the stopDate parameter is specified",
    ],
    [
      { isInterval: true, minutes: 1, maxTriggers: 3, stopDate: later(90_000) },
      "maxTriggers is not supported for the interval trigger feed",
    ],
    [
      { cron: "0 0 * * *", stopDate: later(90_000) },
      "the first scheduled trigger fire is not until after the stop date",
    ],
  ])("%j: %s", (params, text) => {
    expect(refusal(() => createAlarm(trigger, params, NOW, settings))).toBe(text);
  });

  test.each([
    ["*/5 * * * * *", false],
    ["0 * * * * *", true],
    ["* * * * *", true],
  ])("%s where minutes are the finest grain: %s", (cron, isFine) => {
    const own = { ...settings, limitCronFields: true };
    expect(refusal(() => createAlarm(trigger, { cron }, NOW, own))).toBe(
      isFine
        ? "accepted"
        : "cron pattern is limited to 5 fields with 1 minute as the finest granularity",
    );
  });
});

describe("CREATE", () => {
  test("a text as payload goes under `payload`, as the package binds an empty one", () => {
    const alarm = createAlarm(trigger, { cron: "* * * * *", trigger_payload: "" }, NOW, settings);
    expect(alarm.payload).toEqual({ payload: "" });
  });

  test("an interval begins in thirty seconds", () => {
    const alarm = createAlarm(trigger, { isInterval: true, minutes: "2" }, NOW, settings);
    expect(nextSlot(alarm, NOW, settings)).toBe(NOW + 30_000);
    expect(alarmView(alarm, settings)).toMatchObject({
      config: { minutes: 2, startDate: NOW + 30_000, strict: false },
    });
  });

  test("READ shows dates as they were given", () => {
    const date = "Jan 2, 2026 10:00 UTC";
    const params = { fireOnce: true, date, deleteAfterFire: true };
    expect(alarmView(createAlarm(trigger, params, NOW, settings), settings)).toEqual({
      config: {
        name: "t",
        namespace: "guest",
        payload: {},
        strict: false,
        date,
        deleteAfterFire: "true",
      },
      status: { active: true, dateChanged: NOW, dateChangedISO: "2026-01-01T00:00:00Z" },
    });
  });
});

describe("UPDATE", () => {
  const cron = createAlarm(trigger, { cron: "* * * * *" }, NOW, settings);
  const update = (params: JsonObject) => updateAlarm(cron, "/guest/t", params, NOW, settings);

  test.each<[JsonObject, string]>([
    [{}, "no updatable parameters were specified"],
    [{ minutes: 5 }, "no updatable parameters were specified"],
    [{ cron: "x" }, "cron pattern 'x' is not valid"],
    [{ timezone: "Atlantis/City" }, "Invalid timezone."],
    [{ stopDate: later(-1) }, `stopDate parameter '${later(-1)}' must be in the future`],
  ])("%j: %s", (params, text) => {
    expect(refusal(() => update(params))).toBe(text);
  });

  test("by an administrator disabled alarms stay so", () => {
    const reason = { kind: "ADMIN", message: "x" } as const;
    const off = { ...cron, status: { active: false, dateChanged: NOW, reason } };
    const text = refusal(() => updateAlarm(off, "/guest/t", { cron: "0 * * * *" }, NOW, settings));
    expect(text).toMatch(/^\/guest\/t cannot be updated because it was disabled by an admin\./);
  });

  test("a start date behind the stop date that stays", () => {
    const ends = { ...cron, stopDate: later(5000) };
    const params = { startDate: later(6000) };
    expect(refusal(() => updateAlarm(ends, "t", params, NOW, settings))).toBe(
      `startDate parameter '${later(6000)}' must be less than the stopDate parameter '${later(5000)}'`,
    );
  });

  test("what was missed before counts no more, and it is active again", () => {
    const off = { ...cron, status: { active: false, dateChanged: NOW }, last: NOW };
    const changed = updateAlarm(off, "t", { cron: "0 * * * *" }, NOW + 7_200_000, settings);
    expect(changed.status.active).toBe(true);
    expect(dueSlot(changed, NOW + 7_200_001, settings)).toBeUndefined();
  });
});

/** Among them what `String` and `Number` fail on. */
const json = fc.oneof(
  { weight: 9, arbitrary: fc.jsonValue({ maxDepth: 1 }) },
  fc.constantFrom({ toString: 1 }, [{ toString: null, valueOf: 2 }]),
) as fc.Arbitrary<Json>;
const cronField = fc.oneof(
  fc.constantFrom("*", "*/5", "1-5", "L", "1,2", "?", "MON", "0", "60", "-", "*/0", "1#2", "5W"),
  fc.string({ maxLength: 6 }),
);
const anything = fc.record(
  {
    cron: fc.oneof(
      json,
      fc.array(cronField, { maxLength: 7 }).map((fields) => fields.join(" ")),
    ),
    timezone: fc.oneof(json, fc.constantFrom("Europe/Berlin", "UTC", "EST")),
    strict: json,
    minutes: fc.oneof(json, fc.double()),
    isInterval: json,
    fireOnce: json,
    date: fc.oneof(
      json,
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    ),
    startDate: fc.oneof(json, fc.integer({ min: 0, max: 4e12 })),
    stopDate: fc.oneof(json, fc.integer({ min: 0, max: 4e12 })),
    maxTriggers: json,
    deleteAfterFire: json,
    trigger_payload: json,
  },
  { requiredKeys: [] },
) as fc.Arbitrary<JsonObject>;

test("whatever is asked for, there is an alarm with slots or a clear refusal", () => {
  fc.assert(
    fc.property(anything, anything, (created, updated) => {
      try {
        const alarm = createAlarm(trigger, created, NOW, settings);
        nextSlot(alarm, NOW, settings);
        dueSlot(alarm, NOW + 86_400_000, settings);
        expect(alarmView(alarm, settings)).toHaveProperty("status.active", true);
        dueSlot(updateAlarm(alarm, "t", updated, NOW, settings), NOW + 1000, settings);
      } catch (error) {
        if (!(error instanceof AlarmError)) throw error;
        expect(error.status).toBe(400);
      }
    }),
    { numRuns: 500 },
  );
});

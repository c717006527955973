/**
 * What a feed request makes of an alarm, with the original's texts for what is wrong with it
 * (openwhisk-gateway-catalog-standalone.md C).
 */
import type { Json, JsonObject } from "../../core/documents.ts";
import { isJsonObject, textOf } from "../../lib/json.ts";
import {
  type Alarm,
  type AlarmDate,
  type AlarmRule,
  type DeleteAfterFire,
  timeOf,
} from "./alarm.ts";
import { type CronOptions, INTERVAL_START_MS, nextSlot, readCron } from "./schedule.ts";

/** A request that is refused: the text is the original's. */
export class AlarmError extends Error {
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AlarmError";
    this.status = status;
  }
}

export type AlarmSettings = CronOptions & {
  /** Minutes are the finest grain of a pattern. */
  readonly limitCronFields: boolean;
};

export type TriggerOwner = Pick<Alarm, "namespace" | "name" | "owner">;

const DELETE_AFTER_FIRE: readonly DeleteAfterFire[] = ["false", "true", "rules"];

/** A new alarm from CREATE. Throws `AlarmError`. */
export function createAlarm(
  trigger: TriggerOwner,
  params: JsonObject,
  now: number,
  settings: AlarmSettings,
): Alarm {
  const rule = newRule(params, now, settings);
  const startDate = rule.type === "once" ? undefined : firstDate(rule, params, now);
  const firesLeft = readFires(params, rule);
  const stopDate =
    rule.type === "once" ? undefined : readDate(params["stopDate"], "stopDate", now, startDate);
  const alarm: Alarm = {
    ...trigger,
    payload: payloadOf(params["trigger_payload"]),
    rule,
    ...(startDate === undefined ? {} : { startDate }),
    ...(stopDate === undefined ? {} : { stopDate }),
    ...(firesLeft === undefined ? {} : { firesLeft }),
    status: { active: true, dateChanged: now },
    since: now,
  };
  const neverFires = stopDate !== undefined && nextSlot(alarm, now, settings) === undefined;
  if (rule.type === "cron" && neverFires) {
    throw bad("the first scheduled trigger fire is not until after the stop date");
  }
  return alarm;
}

/** An alarm changed by UPDATE. Throws `AlarmError`. */
export function updateAlarm(
  alarm: Alarm,
  triggerName: string,
  params: JsonObject,
  now: number,
  settings: AlarmSettings,
): Alarm {
  if (alarm.status.reason?.kind === "ADMIN") {
    throw bad(
      `${triggerName} cannot be updated because it was disabled by an admin.  Please contact support for further assistance`,
    );
  }
  const { trigger_payload: payload } = params;
  const rule = changedRule(alarm.rule, params, now, settings);
  const dates = alarm.rule.type === "once" ? {} : changedDates(alarm, params, now);
  const isSame = !isGiven(payload) && rule === alarm.rule && Object.keys(dates).length === 0;
  if (isSame) throw bad("no updatable parameters were specified");
  const { pending: _, last: __, ...kept } = alarm;
  return {
    ...kept,
    ...(isGiven(payload) ? { payload: payloadOf(payload) } : {}),
    ...dates,
    rule,
    status: { active: true, dateChanged: now },
    since: now,
  };
}

/** What READ answers. */
export function alarmView(alarm: Alarm, settings: AlarmSettings): JsonObject {
  const { rule, status } = alarm;
  const strict = rule.type === "cron" ? rule.strict : undefined;
  const config: JsonObject = {
    name: alarm.name,
    namespace: alarm.namespace,
    payload: alarm.payload,
    strict: strict ?? settings.isStrict,
  };
  if (rule.type === "once") {
    config["date"] = rule.date;
    if (rule.deleteAfterFire !== undefined) config["deleteAfterFire"] = rule.deleteAfterFire;
  } else {
    if (alarm.startDate !== undefined) config["startDate"] = alarm.startDate;
    if (alarm.stopDate !== undefined) config["stopDate"] = alarm.stopDate;
  }
  if (rule.type === "interval") config["minutes"] = rule.minutes;
  if (rule.type === "cron") {
    config["cron"] = rule.cron;
    if (rule.timezone !== undefined) config["timezone"] = rule.timezone;
  }
  return {
    config,
    status: {
      active: status.active,
      dateChanged: status.dateChanged,
      dateChangedISO: new Date(status.dateChanged).toISOString().replace(/\.\d{3}Z$/, "Z"),
      ...(status.reason === undefined ? {} : { reason: { ...status.reason } }),
    },
  };
}

/** An interval without a start date begins a little later, as the date must be to come. */
function firstDate(rule: AlarmRule, params: JsonObject, now: number): AlarmDate | undefined {
  const given = readDate(params["startDate"], "startDate", now);
  return given ?? (rule.type === "interval" ? now + INTERVAL_START_MS : undefined);
}

function newRule(params: JsonObject, now: number, settings: AlarmSettings): AlarmRule {
  if (isGiven(params["fireOnce"])) {
    if (!isGiven(params["date"])) {
      throw bad("alarms once trigger feed is missing the date parameter");
    }
    return onceRule(params, now);
  }
  if (isGiven(params["isInterval"])) {
    if (!isGiven(params["minutes"])) {
      throw bad("interval trigger feed is missing the minutes parameter");
    }
    return { type: "interval", minutes: readMinutes(params["minutes"]) };
  }
  if (!isGiven(params["cron"])) {
    throw bad("alarms trigger feed is missing the cron parameter");
  }
  return cronRule(params["cron"], params["timezone"], params["strict"], settings, true);
}

function changedRule(
  rule: AlarmRule,
  params: JsonObject,
  now: number,
  settings: AlarmSettings,
): AlarmRule {
  const given = (...names: readonly string[]): boolean =>
    names.some((name) => isGiven(params[name]));
  if (rule.type === "once") {
    return given("date", "deleteAfterFire")
      ? onceRule({ ...withoutType(rule), ...onlyGiven(params) }, now)
      : rule;
  }
  if (rule.type === "interval") {
    return given("minutes") ? { ...rule, minutes: readMinutes(params["minutes"]) } : rule;
  }
  const isStrictGiven = Object.hasOwn(params, "strict");
  if (!given("cron", "timezone") && !isStrictGiven) return rule;
  return cronRule(
    given("cron") ? params["cron"] : rule.cron,
    given("timezone") ? params["timezone"] : rule.timezone,
    isStrictGiven ? params["strict"] : rule.strict,
    settings,
    given("cron"),
  );
}

function onceRule(params: JsonObject, now: number): AlarmRule {
  const date = readDate(params["date"], "date", now) ?? 0;
  const deleteAfterFire = readDelete(params["deleteAfterFire"]);
  return { type: "once", date, ...(deleteAfterFire === undefined ? {} : { deleteAfterFire }) };
}

function cronRule(
  cron: Json | undefined,
  timezone: Json | undefined,
  strict: Json | undefined,
  { limitCronFields }: AlarmSettings,
  isNew: boolean,
): AlarmRule {
  const pattern = textOf(cron);
  if (timezone !== undefined && timezone !== null && !isTimezone(timezone)) {
    throw bad("Invalid timezone.");
  }
  const zone = typeof timezone === "string" && timezone !== "" ? timezone : undefined;
  try {
    readCron(pattern, zone);
  } catch (cause) {
    throw bad(`cron pattern '${pattern}' is not valid`, cause);
  }
  if (isNew && limitCronFields && hasSeconds(pattern)) {
    throw bad("cron pattern is limited to 5 fields with 1 minute as the finest granularity");
  }
  return {
    type: "cron",
    cron: pattern,
    ...(zone === undefined ? {} : { timezone: zone }),
    ...(strict === undefined ? {} : { strict }),
  };
}

function changedDates(
  alarm: Alarm,
  params: JsonObject,
  now: number,
): { readonly startDate?: AlarmDate; readonly stopDate?: AlarmDate } {
  const startDate = readDate(params["startDate"], "startDate", now);
  const stopDate = readDate(params["stopDate"], "stopDate", now, startDate ?? alarm.startDate);
  const isAfterStop =
    startDate !== undefined &&
    stopDate === undefined &&
    alarm.stopDate !== undefined &&
    timeOf(startDate) >= timeOf(alarm.stopDate);
  if (isAfterStop) {
    throw bad(
      `startDate parameter '${startDate}' must be less than the stopDate parameter '${alarm.stopDate}'`,
    );
  }
  return {
    ...(startDate === undefined ? {} : { startDate }),
    ...(stopDate === undefined ? {} : { stopDate }),
  };
}

function readDate(
  value: Json | undefined,
  name: string,
  now: number,
  start?: AlarmDate,
): AlarmDate | undefined {
  if (!isGiven(value)) return undefined;
  const isDate = typeof value === "string" || typeof value === "number";
  const date = isDate ? value : textOf(value);
  const time = timeOf(date);
  if (!isDate || Number.isNaN(time)) throw bad(`${name} parameter '${date}' is not a valid Date`);
  if (now >= time) throw bad(`${name} parameter '${date}' must be in the future`);
  if (start !== undefined && time <= timeOf(start)) {
    throw bad(
      `${name} parameter '${date}' must be greater than the startDate parameter '${start}'`,
    );
  }
  return date;
}

function readMinutes(value: Json | undefined): number {
  const minutes = numberOf(value);
  if (!Number.isInteger(minutes)) throw bad("the minutes parameter must be an integer");
  if (minutes <= 0) throw bad("the minutes parameter must be an integer greater than zero");
  if (minutes > MINUTES_MAX) throw bad(`the minutes parameter must be at most ${MINUTES_MAX}`);
  return minutes;
}

/** A hundred years: what is beyond has no date. */
export const MINUTES_MAX = 100 * 366 * 24 * 60;

function readFires(params: JsonObject, rule: AlarmRule): number | undefined {
  const { maxTriggers } = params;
  if (!isGiven(maxTriggers)) return undefined;
  if (isGiven(params["stopDate"])) {
    throw bad(
      rule.type === "interval"
        ? "maxTriggers is not supported for the interval trigger feed"
        : "maxTriggers is not allowed when the stopDate parameter is specified",
    );
  }
  const fires = numberOf(maxTriggers);
  return Number.isInteger(fires) && fires > 0 ? fires : undefined;
}

function readDelete(value: Json | undefined): DeleteAfterFire | undefined {
  if (!isGiven(value)) return undefined;
  const text = textOf(value).trim().toLowerCase();
  const known = DELETE_AFTER_FIRE.find((word) => word === text);
  if (known === undefined) {
    throw bad("deleteAfterFire parameter must be one of [false, true, rules].");
  }
  return known;
}

/** A text is what the trigger gets as `payload`. */
function payloadOf(value: Json | undefined): Json {
  if (typeof value === "string") return { payload: value };
  return isJsonObject(value) ? (value as JsonObject) : {};
}

/** Neither absent nor empty, as the original tells a parameter that is there. */
function isGiven(value: Json | undefined): value is Exclude<Json, null> {
  return Boolean(value);
}

function onlyGiven(params: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => isGiven(value)));
}

function withoutType({ type: _, ...members }: AlarmRule): JsonObject {
  return members;
}

function isTimezone(zone: Json): boolean {
  if (zone === "") return true;
  try {
    new Intl.DateTimeFormat("en", { timeZone: textOf(zone) });
    return typeof zone === "string";
  } catch {
    return false;
  }
}

function hasSeconds(pattern: string): boolean {
  const fields = pattern.trim().split(/\s+/);
  return fields.length > 5 && fields.at(-6) !== "0";
}

function bad(text: string, cause?: unknown): AlarmError {
  return new AlarmError(400, text, { cause });
}

/** As `Number`. */
function numberOf(value: Json | undefined): number {
  return Number(typeof value === "object" && value !== null ? textOf(value) : value);
}

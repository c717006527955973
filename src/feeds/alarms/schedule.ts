/**
 * When an alarm is due: pure, from the alarm and the time (croner knows time zones and daylight
 * saving). A time is called slot here; slots are fired in order, each at most once.
 */

import { Cron } from "croner";
import { textOf } from "../../lib/json.ts";
import { type Alarm, type AlarmRule, timeOf } from "./alarm.ts";

/** ms from the creation of an interval to its first slot, when it has no start date */
export const INTERVAL_START_MS = 30_000;

export type CronOptions = {
  /** seconds, 0 to 59: alarms of five fields that are not strict are spread over so many */
  readonly delayMax: number;
  /** What `strict` is when the alarm does not say. */
  readonly isStrict: boolean;
};

const MINUTE_MS = 60_000;
/** How far back a missed slot is looked for, step by step: so that few slots are walked over. */
const LOOK_BACK_MS = [
  MINUTE_MS,
  60 * MINUTE_MS,
  24 * 60 * MINUTE_MS,
  32 * 24 * 60 * MINUTE_MS,
  400 * 24 * 60 * MINUTE_MS,
];

/** The pattern read; throws for what is none, and for an unknown time zone. */
export function readCron(cron: string, timezone?: string): Cron {
  const fields = cron.trim().split(/\s+/).length;
  if (fields !== 5 && fields !== 6) throw new RangeError("a pattern has five or six fields");
  const reader = new Cron(cron.trim(), {
    paused: true,
    timezone: timezone ?? "UTC",
    // Day of month or day of week, as cron has always had it.
    domAndDow: false,
  });
  // An unknown zone is noticed when it is used.
  reader.nextRun();
  return reader;
}

/** The first slot after `after`; undefined when there is none. All in ms epoch. */
export function nextSlot(alarm: Alarm, after: number, options: CronOptions): number | undefined {
  const slot = ruleSlot(alarm, Math.max(after, firstTime(alarm) - 1), options);
  if (slot === undefined) return undefined;
  const isOver = alarm.stopDate !== undefined && slot > timeOf(alarm.stopDate);
  return isOver ? undefined : slot;
}

/** The last slot up to `now` that is not fired yet: the ones before it are missed. */
export function dueSlot(alarm: Alarm, now: number, options: CronOptions): number | undefined {
  const from = alarm.last ?? alarm.since;
  const first = nextSlot(alarm, from, options);
  if (first === undefined || first > now) return undefined;
  return lastSlot(alarm, first, now, options);
}

function lastSlot(alarm: Alarm, first: number, now: number, options: CronOptions): number {
  const { rule } = alarm;
  if (rule.type === "once") return first;
  const end = alarm.stopDate === undefined ? now : Math.min(now, timeOf(alarm.stopDate));
  if (rule.type === "interval") {
    const step = rule.minutes * MINUTE_MS;
    return first + Math.floor((end - first) / step) * step;
  }
  for (const back of LOOK_BACK_MS) {
    const slot = lastBetween(alarm, Math.max(first - 1, end - back), end, options);
    if (slot !== undefined) return slot;
  }
  return first;
}

function lastBetween(
  alarm: Alarm,
  from: number,
  end: number,
  options: CronOptions,
): number | undefined {
  let last: number | undefined;
  let slot = nextSlot(alarm, from, options);
  while (slot !== undefined && slot <= end) {
    last = slot;
    slot = nextSlot(alarm, slot, options);
  }
  return last;
}

/** Slots before are none of the alarm. */
function firstTime(alarm: Alarm): number {
  return alarm.startDate === undefined ? alarm.since : timeOf(alarm.startDate);
}

function ruleSlot(alarm: Alarm, after: number, options: CronOptions): number | undefined {
  const { rule } = alarm;
  if (rule.type === "once") {
    const date = timeOf(rule.date);
    return date > after ? date : undefined;
  }
  if (rule.type === "interval") {
    const start = firstTime(alarm);
    const step = rule.minutes * MINUTE_MS;
    return start + Math.max(0, Math.floor((after - start) / step) + 1) * step;
  }
  return cronOf(alarm.name, rule, options).nextRun(new Date(after))?.getTime();
}

const patterns = new Map<string, Cron>();
/** Patterns kept read; more than these are read again. */
const PATTERNS_MAX = 10_000;

function cronOf(
  name: string,
  { cron, timezone, strict }: AlarmRule & { readonly type: "cron" },
  options: CronOptions,
): Cron {
  const isStrict =
    strict === undefined || strict === null
      ? options.isStrict
      : textOf(strict).toLowerCase() === "true";
  const fields = cron.trim().split(/\s+/);
  const isSpread = !isStrict && fields.length === 5 && options.delayMax > 0;
  const pattern = isSpread ? `${spread(name, options.delayMax)} ${fields.join(" ")}` : cron;
  const key = `${timezone ?? ""} ${pattern}`;
  const known = patterns.get(key);
  if (known !== undefined) return known;
  if (patterns.size >= PATTERNS_MAX) patterns.clear();
  const read = readCron(pattern, timezone);
  patterns.set(key, read);
  return read;
}

/** Seconds, 0 to `max`, the same for the same name always. */
function spread(name: string, max: number): number {
  let hash = 0;
  for (let at = 0; at < name.length; at += 1) {
    hash = (Math.imul(hash, 31) + name.charCodeAt(at)) | 0;
  }
  return Math.abs(hash % (max + 1));
}

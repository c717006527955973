/**
 * Fires alarms when they are due. Before a fire, its time and the id that its activation will have
 * are on disk; after it, that it was made. So a fire that a crash interrupts is made up under the
 * same id, and the one who fires can tell whether it was made (`TriggerFirer`): no slot is fired
 * twice, and of slots that passed while nothing ran the last one is made up.
 */
import { newActivationId } from "../../lib/ids.ts";
import { type Alarm, disabled } from "./alarm.ts";
import type { AlarmBook } from "./alarm-book.ts";
import { type CronOptions, dueSlot, nextSlot } from "./schedule.ts";

/** What a fire came to: an HTTP status as the API would answer it, with the error's text. */
export type FireAnswer = { readonly status: number; readonly error?: string };

export type TriggerFirer = {
  /**
   * Fires under the given activation id. `isRepeat`: it may have been fired under this id already,
   * as a whole or in part; then only what is missing is done.
   */
  fire(alarm: Alarm, activationId: string, isRepeat: boolean): Promise<FireAnswer>;
  /** Deletes the trigger, and with `withRules` the rules that name it. */
  deleteTrigger(alarm: Alarm, withRules: boolean): Promise<void>;
};

export type SchedulerOptions = CronOptions & {
  /** What is done with the last slot that passed while nothing ran. */
  readonly missed: "fire" | "skip";
  readonly log: (level: "info" | "warn" | "error", message: string, fields?: object) => void;
};

export type Clock = {
  /** ms epoch */
  now(): number;
  /** Calls back after so many ms; returns what ends it. */
  after(ms: number, callback: () => void): () => void;
};

/** The clock of the machine may jump: it is looked at this often at least. */
const LOOK_MS = 1000;
/** Tries of one fire, then its slot is given up. */
export const FIRE_TRIES_MAX = 11;

type Begun = Alarm & { readonly pending: NonNullable<Alarm["pending"]> };
type Entry = { alarm: Alarm; next: number | undefined; isFiring: boolean };

export class AlarmScheduler {
  private readonly entries = new Map<string, Entry>();
  private readonly book: AlarmBook;
  private readonly firer: TriggerFirer;
  private readonly clock: Clock;
  private readonly options: SchedulerOptions;
  private endTimer: () => void = () => undefined;
  private readonly firing = new Set<Promise<void>>();
  /** Ends of the pauses between two tries. */
  private readonly pauses = new Set<(isGoing: boolean) => void>();
  private isStopped = false;

  constructor(book: AlarmBook, firer: TriggerFirer, clock: Clock, options: SchedulerOptions) {
    this.book = book;
    this.firer = firer;
    this.clock = clock;
    this.options = options;
  }

  /** Takes up every alarm there is. Rejects `STORE_UNAVAILABLE`. */
  async start(): Promise<void> {
    const now = this.clock.now();
    for (const [key, alarm] of await this.book.all()) {
      this.entries.set(key, { alarm, next: this.firstSlot(alarm, now), isFiring: false });
    }
    this.look();
  }

  /** Resolves when no fire is on its way any more. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.endTimer();
    for (const wake of this.pauses) wake(false);
    await Promise.all(this.firing);
  }

  /** Told of every alarm that was written or (undefined) deleted by a request. */
  changed(key: string, alarm: Alarm | undefined): void {
    if (alarm === undefined) this.entries.delete(key);
    else {
      const next = alarm.status.active
        ? nextSlot(alarm, alarm.last ?? alarm.since, this.options)
        : undefined;
      this.entries.set(key, { alarm, next, isFiring: false });
    }
    this.look();
  }

  get size(): number {
    return this.entries.size;
  }

  private firstSlot(alarm: Alarm, now: number): number | undefined {
    if (!alarm.status.active) return undefined;
    if (alarm.pending !== undefined) return alarm.pending.slot;
    const due = dueSlot(alarm, now, this.options);
    const isSkipped = due !== undefined && this.options.missed === "skip";
    const isKept = due !== undefined && (!isSkipped || alarm.rule.type === "once");
    return isKept ? due : nextSlot(alarm, isSkipped ? now : sinceOf(alarm), this.options);
  }

  /** Fires what is due, and sets the timer for what is next. */
  private look(): void {
    this.endTimer();
    if (this.isStopped) return;
    const now = this.clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const [key, entry] of this.entries) {
      if (entry.next === undefined || entry.isFiring) continue;
      if (entry.next <= now) this.begin(key, entry, now);
      else next = Math.min(next, entry.next);
    }
    const wait = Math.min(Math.max(0, next - now), LOOK_MS);
    this.endTimer = this.clock.after(wait, () => this.look());
  }

  private begin(key: string, entry: Entry, now: number): void {
    entry.isFiring = true;
    const fire = this.fireEntry(key, entry, now).catch((cause: unknown) => {
      // It stays due: what has been fired of it is not fired again.
      entry.isFiring = false;
      const reason = cause instanceof Error ? cause.message : String(cause);
      this.options.log("error", "an alarm could not be fired", { alarm: key, reason });
    });
    this.firing.add(fire);
    void fire.then(() => this.firing.delete(fire));
  }

  private async fireEntry(key: string, entry: Entry, now: number): Promise<void> {
    const isRepeat = entry.alarm.pending !== undefined;
    // Of what passed while the machine slept, the last slot counts.
    const slot = entry.alarm.pending?.slot ?? dueSlot(entry.alarm, now, this.options);
    if (slot === undefined) {
      entry.next = nextSlot(entry.alarm, now, this.options);
      entry.isFiring = false;
      return;
    }
    const pending = entry.alarm.pending ?? { slot, activationId: newActivationId(slot) };
    const begun: Begun = { ...entry.alarm, pending };
    if (!(await this.book.replace(key, entry.alarm, begun))) return;
    entry.alarm = begun;
    const ended = await this.fire(key, begun, isRepeat);
    if (ended === "stopped" || this.entries.get(key) !== entry) return;
    if (ended === "deleted") {
      await this.book.remove(key);
      this.entries.delete(key);
      return;
    }
    if (!(await this.book.replace(key, begun, ended))) return;
    entry.alarm = ended;
    entry.next = ended.status.active ? nextSlot(ended, slot, this.options) : undefined;
    entry.isFiring = false;
    this.look();
  }

  /** The alarm after its fire. */
  private async fire(
    key: string,
    alarm: Begun,
    isRepeat: boolean,
  ): Promise<Alarm | "deleted" | "stopped"> {
    const { pending, ...rest } = alarm;
    const done: Alarm = { ...rest, last: pending.slot };
    let throttled = 0;
    for (let tries = 1; ; tries += 1) {
      const answer = await this.firer
        .fire(alarm, pending.activationId, isRepeat || tries > 1)
        .catch((cause: unknown) => ({ status: 500, error: String(cause) }));
      if (answer.status < 400) return this.afterFire(done, this.clock.now());
      if (answer.status === 429) throttled += 1;
      const isOver = isFinal(answer.status) || tries === FIRE_TRIES_MAX;
      if (isOver) {
        this.options.log("warn", "an alarm could not fire", { alarm: key, status: answer.status });
        return refused(done, answer, throttled === tries, this.clock.now());
      }
      const isGoing = await this.pause(Math.max(1000, 1000 * throttled ** 2));
      if (!isGoing || this.entries.get(key)?.alarm !== alarm) return "stopped";
    }
  }

  private async afterFire(alarm: Alarm, now: number): Promise<Alarm | "deleted"> {
    const { rule } = alarm;
    if (rule.type === "once") {
      const { deleteAfterFire = "false" } = rule;
      if (deleteAfterFire === "false")
        return disabled(alarm, now, "Automatically disabled after firing once");
      await this.firer.deleteTrigger(alarm, deleteAfterFire === "rules");
      return "deleted";
    }
    if (alarm.stopDate !== undefined) {
      const isLast = nextSlot(alarm, alarm.last ?? now, this.options) === undefined;
      const text = `Automatically disabled after firing last scheduled ${rule.type} trigger`;
      return isLast ? disabled(alarm, now, text) : alarm;
    }
    if (alarm.firesLeft === undefined) return alarm;
    const left = { ...alarm, firesLeft: alarm.firesLeft - 1 };
    return left.firesLeft > 0
      ? left
      : disabled(left, now, "Automatically disabled after reaching max triggers");
  }

  /** False when the scheduler stops meanwhile. */
  private pause(ms: number): Promise<boolean> {
    if (this.isStopped) return Promise.resolve(false);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const endTimer = this.clock.after(ms, () => wake(true));
    const wake = (isGoing: boolean): void => {
      endTimer();
      this.pauses.delete(wake);
      resolve(isGoing);
    };
    this.pauses.add(wake);
    return promise;
  }
}

const THROTTLED =
  "Automatically disabled after continuously receiving a 429 status code when firing the trigger";

function sinceOf(alarm: Alarm): number {
  return alarm.last ?? alarm.since;
}

/** After the last try: disabled, but for a server that was out of order. */
function refused(alarm: Alarm, answer: FireAnswer, isThrottled: boolean, now: number): Alarm {
  const { status, error = `Received a ${status} status code when firing the trigger` } = answer;
  if (isThrottled) return disabled(alarm, now, THROTTLED, 429);
  if (!isFinal(status)) return alarm;
  return disabled(alarm, now, `Trigger automatically disabled: ${error}`, status);
}

/** Trying again would not help. */
function isFinal(status: number): boolean {
  return status < 500 && status !== 408 && status !== 409 && status !== 429;
}

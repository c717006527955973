/**
 * An alarm: when a trigger is to be fired (openwhisk-gateway-catalog-standalone.md C). Dates are
 * kept as they were given, since clients read them back.
 */
import type { Json } from "../../core/documents.ts";

/** ms epoch or a text that `Date` reads */
export type AlarmDate = number | string;

export type AlarmStatus = {
  readonly active: boolean;
  /** ms epoch */
  readonly dateChanged: number;
  readonly reason?: {
    readonly kind: "AUTO" | "ADMIN";
    readonly statusCode?: number;
    readonly message: string;
  };
};

export type AlarmRule =
  | { readonly type: "once"; readonly date: AlarmDate; readonly deleteAfterFire?: DeleteAfterFire }
  | { readonly type: "interval"; readonly minutes: number }
  | {
      readonly type: "cron";
      readonly cron: string;
      readonly timezone?: string;
      readonly strict?: Json;
    };

export type DeleteAfterFire = "false" | "true" | "rules";

export type Alarm = {
  readonly namespace: string;
  /** of the trigger */
  readonly name: string;
  /** Whose rights the trigger is fired with; the key is looked up anew, and not kept. */
  readonly owner: { readonly subject: string; readonly uuid: string };
  readonly payload: Json;
  readonly rule: AlarmRule;
  readonly startDate?: AlarmDate;
  readonly stopDate?: AlarmDate;
  /** How often it may still fire; absent for no such limit. */
  readonly firesLeft?: number;
  readonly status: AlarmStatus;
  /** ms epoch: nothing before is missed */
  readonly since: number;
  /** The last time that was fired, or given up; ms epoch */
  readonly last?: number;
  /** A fire that has begun: its time (ms epoch) and the activation id that it will have. */
  readonly pending?: { readonly slot: number; readonly activationId: string };
};

export function alarmKey({ namespace, name }: Pick<Alarm, "namespace" | "name">): string {
  return `/alarms/${namespace}/${name}`;
}

export function timeOf(date: AlarmDate): number {
  return new Date(date).getTime();
}

/** The alarm turned off by the platform, with the original's reason. */
export function disabled(alarm: Alarm, now: number, message: string, statusCode?: number): Alarm {
  const reason = { kind: "AUTO", message, ...(statusCode === undefined ? {} : { statusCode }) };
  return {
    ...alarm,
    status: { active: false, dateChanged: now, reason: { ...reason, kind: "AUTO" } },
  };
}

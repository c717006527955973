/**
 * The web action behind the alarm feeds, `/whisk.system/alarmsWeb/alarmWebAction`: the methods
 * stand for the life cycle (openwhisk-gateway-catalog-standalone.md C).
 */
import type { Identity, Json, JsonObject } from "../../core/documents.ts";
import { type Alarm, alarmKey } from "./alarm.ts";
import type { AlarmBook } from "./alarm-book.ts";
import {
  AlarmError,
  type AlarmSettings,
  alarmView,
  createAlarm,
  type TriggerOwner,
  updateAlarm,
} from "./alarm-request.ts";
import type { AlarmScheduler } from "./scheduler.ts";

export type AlarmApiDeps = {
  readonly book: AlarmBook;
  readonly scheduler: AlarmScheduler;
  /** Who owns a key "uuid:key"; undefined for nobody. Rejects `STORE_UNAVAILABLE`. */
  readonly identify: (authKey: string) => Promise<Identity | undefined>;
  readonly hasTrigger: (namespace: string, name: string) => Promise<boolean>;
  /** ms epoch */
  readonly now: () => number;
  readonly settings: AlarmSettings;
};

export type AlarmAnswer = { readonly status: number; readonly body: JsonObject };

const SUCCESS: AlarmAnswer = { status: 200, body: { status: "success" } };

/** Answers one request; `method` in lower case, `params` from body or query. */
export async function serveAlarms(
  deps: AlarmApiDeps,
  method: string,
  params: JsonObject,
): Promise<AlarmAnswer> {
  try {
    return await serve(deps, method, params);
  } catch (error) {
    if (!(error instanceof AlarmError)) throw error;
    return { status: error.status, body: { error: error.message } };
  }
}

async function serve(deps: AlarmApiDeps, method: string, params: JsonObject): Promise<AlarmAnswer> {
  const { triggerName, authKey } = params;
  if (typeof triggerName !== "string" || triggerName === "") {
    throw new AlarmError(400, "no trigger name parameter was provided");
  }
  const handler = HANDLERS.get(method);
  if (handler === undefined) throw new AlarmError(400, "unsupported lifecycleEvent");
  const trigger = (): Promise<TriggerOwner> =>
    authenticate(deps, triggerName, authKey, method === "delete");
  return handler({ deps, triggerName, params, trigger });
}

type Call = {
  readonly deps: AlarmApiDeps;
  readonly triggerName: string;
  readonly params: JsonObject;
  /** Asked for after the parameters were checked, as in the original. */
  readonly trigger: () => Promise<TriggerOwner>;
};

const HANDLERS: ReadonlyMap<string, (call: Call) => Promise<AlarmAnswer>> = new Map([
  ["post", create],
  ["get", read],
  ["put", update],
  ["delete", remove],
]);

async function create({ deps, triggerName, params, trigger }: Call): Promise<AlarmAnswer> {
  const unowned = { ...splitName(triggerName), owner: { subject: "", uuid: "" } };
  const alarm = createAlarm(unowned, params, deps.now(), deps.settings);
  return write(deps, { ...alarm, ...(await trigger()) });
}

async function read({ deps, trigger }: Call): Promise<AlarmAnswer> {
  const alarm = await requireAlarm(deps, await trigger());
  return { status: 200, body: alarmView(alarm, deps.settings) };
}

async function update({ deps, triggerName, params, trigger }: Call): Promise<AlarmAnswer> {
  const owner = await trigger();
  const alarm = await requireAlarm(deps, owner);
  const changed = updateAlarm(alarm, triggerName, params, deps.now(), deps.settings);
  return write(deps, { ...changed, ...owner });
}

async function remove({ deps, trigger }: Call): Promise<AlarmAnswer> {
  const alarm = await requireAlarm(deps, await trigger());
  await deps.book.remove(alarmKey(alarm));
  deps.scheduler.changed(alarmKey(alarm), undefined);
  return SUCCESS;
}

async function write(deps: AlarmApiDeps, alarm: Alarm): Promise<AlarmAnswer> {
  await deps.book.put(alarm);
  deps.scheduler.changed(alarmKey(alarm), alarm);
  return SUCCESS;
}

async function requireAlarm(deps: AlarmApiDeps, trigger: TriggerOwner): Promise<Alarm> {
  const alarm = await deps.book.get(trigger);
  if (alarm !== undefined) return alarm;
  const name = `/${trigger.namespace}/${trigger.name}`;
  throw new AlarmError(404, `could not find trigger ${name} in the database`);
}

/** The trigger must be there, but for DELETE: an orphan can be taken away. */
async function authenticate(
  deps: AlarmApiDeps,
  triggerName: string,
  authKey: Json | undefined,
  mayBeGone: boolean,
): Promise<TriggerOwner> {
  const refuse = (status: number): AlarmError =>
    new AlarmError(status, "Trigger authentication request failed.");
  const identity = typeof authKey === "string" ? await deps.identify(authKey) : undefined;
  if (identity === undefined) throw refuse(401);
  const { namespace: named, name } = splitName(triggerName);
  const namespace = named === "_" ? identity.namespace.name : named;
  if (namespace !== identity.namespace.name) throw refuse(403);
  if (!mayBeGone && !(await deps.hasTrigger(namespace, name))) throw refuse(404);
  const owner = { subject: identity.subject, uuid: identity.namespace.uuid };
  return { namespace, name, owner };
}

/** "/ns/name" or "name". */
function splitName(name: string): { namespace: string; name: string } {
  if (!name.startsWith("/")) return { namespace: "_", name };
  const [, namespace = "", ...rest] = name.split("/");
  return { namespace, name: rest.join("/") };
}

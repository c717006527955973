/** Composition of alarms: their schedule on disk, the web action behind the feeds, the fires. */
import type { Config } from "../config/config.ts";
import type { Authenticator } from "../controller/auth.ts";
import { identityOf } from "../controller/identity-memory.ts";
import type { ServiceRoute } from "../controller/routes.ts";
import type { FireService } from "../controller/service/fire.ts";
import { parseContent } from "../core/content.ts";
import type { Identity, JsonObject } from "../core/documents.ts";
import { asPlatformError, badContent } from "../core/errors.ts";
import type { Alarm } from "../feeds/alarms/alarm.ts";
import { AlarmBook } from "../feeds/alarms/alarm-book.ts";
import type { AlarmSettings } from "../feeds/alarms/alarm-request.ts";
import { serveAlarms } from "../feeds/alarms/api.ts";
import { AlarmScheduler, type FireAnswer } from "../feeds/alarms/scheduler.ts";
import type { ConfigStore } from "../gateway/config-store.ts";
import { randomName } from "../lib/ids.ts";
import { compactJson, isJsonObject } from "../lib/json.ts";
import type { EntityChange, EntityStore, IdentityStore } from "../store/store.ts";

export type AlarmsDeps = {
  readonly config: ConfigStore;
  readonly entities: EntityStore;
  readonly identities: IdentityStore;
  readonly auth: Pick<Authenticator, "identify">;
  readonly fire: FireService;
  /** Throws THROTTLED; counts a fire. */
  readonly throttle: (identity: Identity, collection: "triggers") => void;
  readonly log: (level: "info" | "warn" | "error", message: string, fields?: object) => void;
};

/** Where the feed actions turn to. */
const ALARM_WEB_ACTION = "/api/v1/web/whisk.system/alarmsWeb/alarmWebAction";

export type Alarms = {
  readonly service: ServiceRoute;
  /** Call when requests are served and what the last run left behind is taken up. */
  start(): Promise<void>;
  stop(): Promise<void>;
};

export function createAlarms(deps: AlarmsDeps, { alarms, payload }: Config): Alarms {
  const settings: AlarmSettings = {
    delayMax: alarms.delayMaxS,
    isStrict: alarms.strict === "yes",
    limitCronFields: alarms.limitCronFields === "yes",
  };
  const book = new AlarmBook(deps.config);
  const firer = {
    fire: (alarm: Alarm, id: string, isRepeat: boolean) => fire(deps, alarm, id, isRepeat),
    deleteTrigger: (alarm: Alarm, withRules: boolean) => deleteTrigger(deps, alarm, withRules),
  };
  const options = { ...settings, missed: alarms.missed, log: deps.log };
  const scheduler = new AlarmScheduler(book, firer, CLOCK, options);
  const api = {
    book,
    scheduler,
    settings,
    now: Date.now,
    identify: (authKey: string) => identify(deps, authKey),
    hasTrigger: async (namespace: string, name: string) => {
      const stored = await deps.entities.get(`${namespace}/${name}`);
      return stored?.document.entityType === "trigger";
    },
  };
  return {
    service: {
      prefix: ALARM_WEB_ACTION,
      bodyBytesMax: payload.bytesMax,
      handler: async ({ method, query, body }) => {
        const params = paramsOf(query, await body());
        const answer = await serveAlarms(api, method.toLowerCase(), params);
        return { status: answer.status, body: compactJson(answer.body) };
      },
    },
    start: () => scheduler.start(),
    stop: () => scheduler.stop(),
  };
}

const CLOCK = {
  now: Date.now,
  after(ms: number, callback: () => void): () => void {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** Parameters of the body over those of the query. */
function paramsOf(query: string, body: Buffer): JsonObject {
  const params: JsonObject = Object.fromEntries(new URLSearchParams(query));
  if (body.length === 0) return params;
  const value = parseContent(body.toString("utf8"));
  if (!isJsonObject(value)) throw badContent("JSON object expected");
  return { ...params, ...(value as JsonObject) };
}

async function identify({ auth }: AlarmsDeps, authKey: string): Promise<Identity | undefined> {
  try {
    return await auth.identify(`Basic ${Buffer.from(authKey).toString("base64")}`);
  } catch (cause) {
    if (asPlatformError(cause).status === 401) return undefined;
    throw cause;
  }
}

/** With the rights that the owner of the alarm has now. */
async function fire(
  deps: AlarmsDeps,
  alarm: Alarm,
  activationId: string,
  isRepeat: boolean,
): Promise<FireAnswer> {
  try {
    const identity = await ownerOf(deps, alarm);
    if (identity === undefined) return { status: 401, error: "the owner of the alarm is gone" };
    deps.throttle(identity, "triggers");
    const outcome = await deps.fire.fire({
      transid: { id: randomName(32), start: Date.now() },
      identity,
      trigger: { path: alarm.namespace, name: alarm.name },
      payload: isJsonObject(alarm.payload) ? (alarm.payload as JsonObject) : {},
      headers: {},
      activationId,
      isRepeat,
    });
    return { status: outcome.type === "fired" ? 202 : 204 };
  } catch (cause) {
    const { status, message } = asPlatformError(cause);
    return { status, error: message };
  }
}

async function ownerOf({ identities }: AlarmsDeps, alarm: Alarm): Promise<Identity | undefined> {
  const rows = await identities.byNamespace(alarm.namespace);
  const row = rows.find(
    ({ subject, namespace }) =>
      subject === alarm.owner.subject && namespace.uuid === alarm.owner.uuid,
  );
  return row === undefined ? undefined : identityOf(row);
}

/** Both or nothing; rejects `CONFLICT` when one of them is written meanwhile. */
async function deleteTrigger(
  { entities }: AlarmsDeps,
  alarm: Alarm,
  withRules: boolean,
): Promise<void> {
  const id = `${alarm.namespace}/${alarm.name}`;
  const trigger = await entities.get(id);
  if (trigger?.document.entityType !== "trigger") return;
  const changes: EntityChange[] = [{ id, revision: trigger.revision }];
  for (const rule of withRules ? Object.keys(trigger.document.rules ?? {}) : []) {
    const stored = await entities.get(rule);
    if (stored?.document.entityType !== "rule") continue;
    changes.push({ id: rule, revision: stored.revision });
  }
  await entities.write(changes);
}

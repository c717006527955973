/** The gateway's configuration store on SQLite: file `gateway.db` of the data folder. */
import { setTimeout as sleep } from "node:timers/promises";
import type { JsonObject } from "../core/documents.ts";
import type { ConfigEntry } from "../gateway/config-store.ts";
import type { ConfigLog } from "../gateway/store/logged-config-store.ts";
import { platformError } from "./sqlite/failure.ts";
import type { StoreLogger } from "./sqlite/options.ts";
import type {
  CallArgument,
  CallName,
  CallResult,
  ConfigChange,
  ConfigChanged,
  ConfigIndexes,
  ConfigRow,
} from "./sqlite/protocol.ts";

type Call = <Name extends CallName>(
  name: Name,
  argument: CallArgument<Name>,
) => Promise<CallResult<Name>>;

export function sqliteConfigLog(call: Call, logger: StoreLogger): ConfigLog {
  const queue = new ChangeQueue(call);
  return {
    load: async () =>
      (await call("config.load", undefined)).flatMap((row) => entryOf(row, logger) ?? []),
    put: async ({ key, value, expires, ifModifiedIndex }) => {
      const write = { key, value: JSON.stringify(value), expires, ifModifiedIndex };
      return (await queue.add({ change: "put", write })) as ConfigIndexes;
    },
    delete: async (key, ifModifiedIndex) =>
      (await queue.add({ change: "delete", key, ifModifiedIndex })) as number | undefined,
  };
}

type Waiting = {
  readonly change: ConfigChange;
  readonly resolve: (value: ConfigChanged) => void;
  readonly reject: (error: unknown) => void;
};

/** After a group of several more are to be expected, milliseconds. */
const PAUSE_MS = 3;

/**
 * Changes that come together are written together: a thousand a second cost little more than a
 * hundred. One after the other, as a script sends them, none waits.
 */
class ChangeQueue {
  readonly #call: Call;
  #waiting: Waiting[] = [];
  #isUnderWay = false;

  constructor(call: Call) {
    this.#call = call;
  }

  add(change: ConfigChange): Promise<ConfigChanged> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ change, resolve, reject });
      if (this.#isUnderWay) return;
      this.#isUnderWay = true;
      setImmediate(() => void this.#write());
    });
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      try {
        const changes = group.map(({ change }) => change);
        const outcomes = await this.#call("config.apply", changes);
        for (const [index, { resolve, reject }] of group.entries()) {
          const outcome = outcomes[index];
          if (outcome?.error === undefined) resolve(outcome?.value);
          else reject(platformError(outcome.error));
        }
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
      if (group.length > 1) await sleep(PAUSE_MS);
    }
    this.#isUnderWay = false;
  }
}

function entryOf(row: ConfigRow, logger: StoreLogger): ConfigEntry | undefined {
  const { value, expires, ...rest } = row;
  try {
    const parsed = JSON.parse(value) as JsonObject;
    return { ...rest, value: parsed, ...(expires === undefined ? {} : { expires }) };
  } catch {
    // One bad row must not keep the gateway from serving the others.
    logger("error", "an entry of the gateway's configuration cannot be read", { key: row.key });
    return undefined;
  }
}

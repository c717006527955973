/** The gateway's configuration store on SQLite: file `gateway.db` of the data folder. */
import type { JsonObject } from "../core/documents.ts";
import type { ConfigEntry } from "../gateway/config-store.ts";
import type { ConfigLog } from "../gateway/store/logged-config-store.ts";
import type { StoreLogger } from "./sqlite/options.ts";
import type { CallArgument, CallName, CallResult, ConfigRow } from "./sqlite/protocol.ts";

type Call = <Name extends CallName>(
  name: Name,
  argument: CallArgument<Name>,
) => Promise<CallResult<Name>>;

export function sqliteConfigLog(call: Call, logger: StoreLogger): ConfigLog {
  return {
    load: async () =>
      (await call("config.load", undefined)).flatMap((row) => entryOf(row, logger) ?? []),
    put: ({ key, value, expires, ifModifiedIndex }) =>
      call("config.put", { key, value: JSON.stringify(value), expires, ifModifiedIndex }),
    delete: (key, ifModifiedIndex) => call("config.delete", { key, ifModifiedIndex }),
  };
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

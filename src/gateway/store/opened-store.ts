/** A store seen through a function: what is encrypted at rest is read in clear text. */
import type { JsonObject } from "../../core/documents.ts";
import type { ConfigChange, ConfigEntry, ConfigStore } from "../config-store.ts";

/** `open` gets the folder ("routes"), the last part of the key, and the value as it is stored. */
export function openedStore(
  store: ConfigStore,
  open: (folder: string, id: string | undefined, value: JsonObject) => JsonObject,
): Pick<ConfigStore, "get" | "list" | "watch"> {
  // An entry that has not changed keeps its object: the gateway knows compiled routes by it.
  const opened = new WeakMap<ConfigEntry, ConfigEntry>();
  const view = (entry: ConfigEntry): ConfigEntry => {
    const known = opened.get(entry);
    if (known !== undefined) return known;
    const parts = entry.key.split("/");
    const made = { ...entry, value: open(parts[1] ?? "", parts.at(-1), entry.value) };
    opened.set(entry, made);
    return made;
  };
  const change = (one: ConfigChange): ConfigChange =>
    one.type === "put" ? { type: "put", entry: view(one.entry) } : one;
  return {
    get: async (key) => {
      const entry = await store.get(key);
      return entry === undefined ? undefined : view(entry);
    },
    list: async (folder) => (await store.list(folder)).map(view),
    watch: (listener) => store.watch((changes) => listener(changes.map(change))),
  };
}

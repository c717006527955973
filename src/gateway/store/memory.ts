/** Configuration that lives as long as the process: standalone modes without a database, tests. */
import { PlatformError } from "../../core/errors.ts";
import type { ConfigLog, Indexes } from "./logged-config-store.ts";
import { LoggedConfigStore } from "./logged-config-store.ts";

export function openMemoryConfigStore(now?: () => number): Promise<LoggedConfigStore> {
  return LoggedConfigStore.open(memoryLog(), now);
}

function memoryLog(): ConfigLog {
  const indexes = new Map<string, Indexes>();
  let revision = 0;
  return {
    load: () => Promise.resolve([]),
    put({ key, ifModifiedIndex }) {
      const before = indexes.get(key);
      if (ifModifiedIndex !== undefined && (before?.modifiedIndex ?? 0) !== ifModifiedIndex) {
        return Promise.reject(new PlatformError("CONFLICT"));
      }
      revision += 1;
      const after = { createdIndex: before?.createdIndex ?? revision, modifiedIndex: revision };
      indexes.set(key, after);
      return Promise.resolve(after);
    },
    delete(key, ifModifiedIndex) {
      const before = indexes.get(key);
      const isOther = ifModifiedIndex !== undefined && before?.modifiedIndex !== ifModifiedIndex;
      if (before === undefined || isOther) return Promise.resolve(undefined);
      indexes.delete(key);
      revision += 1;
      return Promise.resolve(revision);
    },
  };
}

/** Composition of what is kept: the store, and the caches in front of it. */
import { lockingEntities } from "../admin/locked-entities.ts";
import type { Config } from "../config/config.ts";
import type { KindTable } from "../core/kinds.ts";
import type { ParameterLocks } from "../core/parameter-lock.ts";
import type { ConfigStore } from "../gateway/config-store.ts";
import type { Logger } from "../lib/log.ts";
import { createAttachmentCache } from "../store/attachment-cache.ts";
import { createEntityCache, type EntityCache } from "../store/entity-cache.ts";
import { createSqliteStore, type SqliteStore } from "../store/sqlite.ts";
import type { AttachmentStore } from "../store/store.ts";
import { bootstrapUsers } from "./users.ts";

const ENTITIES_CACHED_MAX = 10_000;
const CODE_CACHE_BYTES = 64 * 1024 * 1024;

export function createStore(config: Config, logger: Logger): SqliteStore {
  return createSqliteStore({
    folder: config.data.folder,
    logger: (level, message, fields) => logger[level](message, fields),
    commitIntervalMs: config.store.commitIntervalMs,
    retention: {
      ageMs: config.activations.retentionAgeMs,
      bytesMax: config.activations.retentionBytes,
    },
  });
}

/** `onConfigStore` is told before the users are written. */
export async function openStore(
  store: SqliteStore,
  config: Config,
  onConfigStore: (store: ConfigStore) => void,
): Promise<ConfigStore> {
  await store.start();
  const configStore = await store.openConfig();
  onConfigStore(configStore);
  await bootstrapUsers(store.identities, config.users);
  return configStore;
}

export type CachedStores = {
  readonly entities: EntityCache;
  readonly attachments: AttachmentStore;
};

export function cachedStores(
  store: SqliteStore,
  kinds: KindTable,
  locks: Omit<ParameterLocks, "randomBytes">,
): CachedStores {
  const cache = createEntityCache(store.entities, {
    entriesMax: ENTITIES_CACHED_MAX,
    runtimeOf: (kind) => kinds.resolve(kind)?.runtime ?? kind,
  });
  return {
    entities: lockingEntities(cache, locks),
    attachments: createAttachmentCache(store.attachments, { bytesMax: CODE_CACHE_BYTES }),
  };
}

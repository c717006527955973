/** Options of the SQLite driver; `withDefaults` is the one place that knows the default values. */

export type LogLevel = "debug" | "info" | "warn" | "error";
export type StoreLogger = (
  level: LogLevel,
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

export type Retention = {
  /** Records older than this are removed; 0 = kept for ever. */
  readonly ageMs: number;
  /** Oldest records are removed while the activation file holds more bytes; 0 = no bound. */
  readonly bytesMax: number;
  /** Pause between two looks at age and size. */
  readonly intervalMs: number;
};

export type SqliteStoreOptions = {
  /** Data folder; made with mode 0700 when missing. */
  readonly folder: string;
  readonly logger: StoreLogger;
  /** An activation record is on disk at most this long after `put` (healthy disk). */
  readonly commitIntervalMs?: number;
  readonly retention?: Partial<Retention>;
  /**
   * Bytes of activation records kept in memory while the disk refuses or is slow; when exceeded
   * the oldest are dropped, with one error line and a counter.
   */
  readonly backlogBytesMax?: number;
  /** Pause between two attempts to write the backlog. */
  readonly retryIntervalMs?: number;
  /**
   * At the start, files up to this size have their structure checked in full; after a clean stop,
   * up to a quarter of it.
   */
  readonly checkBytesMax?: number;
  /** A code file nobody refers to is removed this long after its last use. */
  readonly attachmentGraceMs?: number;
  /** ms epoch; for tests of retention */
  readonly clock?: () => number;
};

export type SqliteSettings = Required<Omit<SqliteStoreOptions, "retention">> & {
  readonly retention: Retention;
};

/** What the worker gets: everything that can be copied between threads. */
export type WorkerSettings = Omit<SqliteSettings, "logger" | "clock">;

const MIB = 1024 * 1024;
const DAY_MS = 24 * 3600 * 1000;

const SQLITE_DEFAULTS = {
  commitIntervalMs: 5,
  backlogBytesMax: 64 * MIB,
  retryIntervalMs: 250,
  checkBytesMax: 64 * MIB,
  attachmentGraceMs: 60_000,
  retention: { ageMs: 7 * DAY_MS, bytesMax: 4096 * MIB, intervalMs: 5_000 },
} as const;

export function withDefaults(options: SqliteStoreOptions): SqliteSettings {
  return {
    ...SQLITE_DEFAULTS,
    clock: Date.now,
    ...options,
    retention: { ...SQLITE_DEFAULTS.retention, ...options.retention },
  };
}

export function workerSettings(settings: SqliteSettings): WorkerSettings {
  const { logger: _logger, clock: _clock, ...rest } = settings;
  return rest;
}

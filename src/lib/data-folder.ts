/**
 * The folder that holds everything a server keeps. A marker file says that it is one; while a
 * server runs, the marker is locked, so that no second one can write and nobody can clean it.
 */
import { chmod, mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** An empty database file: its lock is held by the kernel and goes with the process, however. */
const MARKER = ".meringue";
/** What a clean keeps: the marker, languages (installed on purpose), the key of the gateway. */
const KEPT = new Set([MARKER, "runtimes", "conf"]);
/** What a clean deletes: files of the store, and folders of store and driver. */
const DATA_FILE = /^(in-use|admin\.sock)$|\.db(-wal|-shm|-journal)?$|\.db\.damaged-/;
const DATA_FOLDERS = new Set(["attachments", "code", "downloads", "run", "tls", "tmp"]);

class DataFolderError extends Error {
  override readonly name = "DataFolderError";
}

export type DataFolder = {
  readonly path: string;
  /**
   * Deletes what the server keeps there; installed runtimes stay. Resolves with the names that
   * are not the server's, and were left alone.
   */
  clean(): Promise<readonly string[]>;
  /** Gives up the lock. Idempotent. */
  release(): void;
};

/**
 * Makes the folder if need be (mode 0700: code and keys are in it) and locks it.
 * Rejects with a `DataFolderError` of one line: not ours, in use, not writable.
 */
export async function openDataFolder(path: string): Promise<DataFolder> {
  await prepareDataFolder(path);
  const lock = lockMarker(path);
  return {
    path,
    clean: () => clean(path),
    release: () => {
      if (lock.isOpen) lock.close();
    },
  };
}

/** Makes and marks the folder without locking it: what is put there may be put while in use. */
export async function prepareDataFolder(path: string): Promise<void> {
  await ensureFolder(path);
  await refuseForeign(path);
  try {
    await (await open(join(path, MARKER), "a", 0o600)).close();
  } catch (error) {
    throw new DataFolderError(`data folder ${path} cannot be written: ${reason(error)}`, {
      cause: error,
    });
  }
}

async function ensureFolder(path: string): Promise<void> {
  try {
    if (await makeFolders(path)) await chmod(path, 0o700);
    if (!(await stat(path)).isDirectory()) throw new DataFolderError("it is a file");
  } catch (error) {
    throw new DataFolderError(`data folder ${path} cannot be made: ${reason(error)}`, {
      cause: error,
    });
  }
}

/**
 * Makes the folder and what is missing above it; true when it was not there. One by one: asked to
 * do all of it, `mkdir` never ends where a parent is there and lets nothing be made (below /proc).
 */
async function makeFolders(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    const parent = dirname(path);
    if (code !== "ENOENT" || parent === path || !(await makeFolders(parent))) throw error;
  }
  await mkdir(path, { mode: 0o700 });
  return true;
}

/** Someone's own files must not get mixed with ours, and later be cleaned. */
async function refuseForeign(path: string): Promise<void> {
  let names: readonly string[];
  try {
    names = await readdir(path);
  } catch (error) {
    throw new DataFolderError(`data folder ${path} cannot be read: ${reason(error)}`, {
      cause: error,
    });
  }
  if (names.length === 0 || names.includes(MARKER)) return;
  throw new DataFolderError(
    `${path} is neither empty nor a data folder of meringue (it has no file ${MARKER}): ` +
      "name another folder with --data-dir",
  );
}

function lockMarker(path: string): DatabaseSync {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(join(path, MARKER), { timeout: 0 });
    // Nothing is ever written: no journal beside it.
    lock.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock?.close();
    const busy = /locked|busy/i.test(reason(error));
    throw new DataFolderError(
      busy
        ? `data folder ${path} is in use by another meringue server`
        : `data folder ${path} cannot be written: ${reason(error)}`,
      { cause: error },
    );
  }
}

async function clean(path: string): Promise<readonly string[]> {
  const left: string[] = [];
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const isData = entry.isDirectory() ? DATA_FOLDERS.has(entry.name) : DATA_FILE.test(entry.name);
    if (isData) await rm(join(path, entry.name), { recursive: true });
    else if (!KEPT.has(entry.name)) left.push(entry.name);
  }
  return left;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

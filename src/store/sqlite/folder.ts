/**
 * The data folder: made, locked for one process, marked while in use.
 * Every refusal is a `FolderError` whose message is one line for the operator.
 */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { errnoOf, isBusy, reasonOf } from "./failure.ts";

export class FolderError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "FolderError";
  }
}

/** How the last process that used the folder ended. */
export type LastStop = "clean" | "unclean" | "damaged";

const LOCK_FILE = "lock.db";
const MARK_FILE = "in-use";
const DAMAGED = "damaged";

export class DataFolder {
  readonly path: string;
  #lock: DatabaseSync | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * The lock is the operating system's, held through an open file: it ends with the process,
   * however that ends, so that nothing stale is left behind.
   */
  open(): LastStop {
    try {
      mkdirSync(this.path, { recursive: true, mode: 0o700 });
      accessSync(this.path, constants.W_OK);
      this.#lock = new DatabaseSync(join(this.path, LOCK_FILE), { timeout: 0 });
      // The journal in memory: nothing is ever written, so a full disk does not matter.
      this.#lock.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    } catch (error) {
      this.#lock?.close();
      this.#lock = undefined;
      throw new FolderError(this.#refusal(error), { cause: error });
    }
    return this.#readMark();
  }

  /** Written while the store is open; what is left of it tells the next start how this ended. */
  mark(): void {
    try {
      this.#writeMark("");
    } catch (error) {
      // A full disk is no reason not to start: reads work, and space may return.
      if (errnoOf(error) === "ENOSPC") return;
      throw new FolderError(this.#refusal(error), { cause: error });
    }
  }

  /** The next start is to check everything, whatever its size. */
  markDamaged(): void {
    try {
      this.#writeMark(DAMAGED);
    } catch {
      // The disk is sick: the mark that is there already asks for a check of bounded size.
    }
  }

  /** `isClean` false keeps the mark. */
  close(isClean: boolean): void {
    if (isClean) rmSync(join(this.path, MARK_FILE), { force: true });
    this.#lock?.close();
    this.#lock = undefined;
  }

  #readMark(): LastStop {
    const file = join(this.path, MARK_FILE);
    if (!existsSync(file)) return "clean";
    return readFileSync(file, "utf8").startsWith(DAMAGED) ? "damaged" : "unclean";
  }

  #writeMark(text: string): void {
    const file = join(this.path, MARK_FILE);
    writeFileSync(file, text, { mode: 0o600, flush: true });
    flushFolder(this.path);
  }

  #refusal(error: unknown): string {
    if (isBusy(error)) return `the data folder ${this.path} is in use by another process`;
    return `the data folder ${this.path} cannot be written: ${reasonOf(error)}`;
  }
}

/** Makes new names and renames in a folder durable. */
export function flushFolder(path: string): void {
  const handle = openSync(path, "r");
  fsyncSync(handle);
  closeSync(handle);
}

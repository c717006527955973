/**
 * Code of actions as files named by their SHA-256. A file is complete or absent: written under
 * another name, flushed, renamed, and the folder flushed. Files that no entity refers to are
 * removed some time after their last use; never while the same content is being put.
 */
import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { AttachmentRef } from "../core/documents.ts";
import { PlatformError } from "../core/errors.ts";
import type { AttachmentStore } from "./store.ts";

export type AttachmentFilesOptions = {
  readonly folder: string;
  readonly graceMs: number;
  /** Is this digest ("sha256-<hex>") named by an entity? */
  readonly isReferenced: (digest: string) => Promise<boolean>;
  /** All digests named by entities. */
  readonly referenced: () => Promise<readonly string[]>;
  readonly onError: (message: string, error: unknown) => void;
};

const DIGEST = /^sha256-([0-9a-f]{64})$/;
const TEMP = "tmp";

export class AttachmentFiles implements AttachmentStore {
  readonly #options: AttachmentFilesOptions;
  /** Puts under way, by digest. */
  readonly #putting = new Map<string, number>();
  readonly #removing = new Map<string, Promise<void>>();
  /** Removals that wait out their grace. */
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #sweep: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: AttachmentFilesOptions) {
    this.#options = options;
  }

  /** Removes half-written files; then, in the background, files nobody refers to. */
  async start(): Promise<void> {
    const { folder } = this.#options;
    const temp = join(folder, TEMP);
    try {
      await rm(temp, { recursive: true, force: true });
      await mkdir(temp, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw failure("STORE_UNAVAILABLE", error, `the folder ${folder} cannot be written`);
    }
    this.#sweep = this.#removeUnreferenced().catch((error: unknown) =>
      this.#options.onError("unused code files could not be removed", error),
    );
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    await this.#sweep;
    await Promise.all(this.#removing.values());
  }

  /** Rejects `STORE_UNAVAILABLE` when the disk refuses, or after `stop`. */
  async put(bytes: Uint8Array, type: string): Promise<AttachmentRef> {
    if (this.#isStopped) throw new PlatformError("STORE_UNAVAILABLE");
    const hex = await sha256(bytes);
    const digest = `sha256-${hex}`;
    this.#putting.set(digest, (this.#putting.get(digest) ?? 0) + 1);
    try {
      await this.#removing.get(digest);
      await this.#write(hex, bytes);
    } catch (error) {
      throw failure("STORE_UNAVAILABLE", error);
    } finally {
      const others = (this.#putting.get(digest) ?? 1) - 1;
      if (others === 0) this.#putting.delete(digest);
      else this.#putting.set(digest, others);
      this.release(digest);
    }
    const attachmentName = `file:${hex}`;
    return { attachmentName, attachmentType: type, length: bytes.byteLength, digest };
  }

  /** Rejects `CORRUPTED` when the file is gone or is not what its name says. */
  async get(ref: AttachmentRef): Promise<Uint8Array> {
    const hex = DIGEST.exec(ref.digest)?.[1];
    if (hex === undefined) throw new PlatformError("CORRUPTED");
    let bytes: Buffer;
    try {
      bytes = await readFile(this.#path(hex));
    } catch (error) {
      throw failure("CORRUPTED", error);
    }
    if ((await sha256(bytes)) !== hex) throw new PlatformError("CORRUPTED");
    return bytes;
  }

  /** The digest may be unused now: looked at again after the grace time. */
  release(digest: string): void {
    if (this.#isStopped) return;
    clearTimeout(this.#timers.get(digest));
    const timer = setTimeout(() => {
      this.#timers.delete(digest);
      this.#removeIfUnused(digest).catch((error: unknown) =>
        this.#options.onError("an unused code file could not be removed", error),
      );
    }, this.#options.graceMs);
    timer.unref();
    this.#timers.set(digest, timer);
  }

  async #removeIfUnused(digest: string): Promise<void> {
    if (await this.#options.isReferenced(digest)) return;
    // No wait between this look and the removal: a put that begins later waits for it.
    if (!this.#isInUse(digest)) await this.#remove(digest);
  }

  #isInUse(digest: string): boolean {
    return this.#isStopped || this.#putting.has(digest) || this.#timers.has(digest);
  }

  #remove(digest: string): Promise<void> {
    const file = this.#path(digest.slice("sha256-".length));
    const removal = rm(file, { force: true }).finally(() => this.#removing.delete(digest));
    this.#removing.set(digest, removal);
    return removal;
  }

  async #removeUnreferenced(): Promise<void> {
    const files = await listFiles(this.#options.folder);
    const referenced = new Set(await this.#options.referenced());
    for (const name of files) {
      const digest = `sha256-${name}`;
      if (!DIGEST.test(digest) || referenced.has(digest) || this.#isInUse(digest)) continue;
      await this.#removeIfUnused(digest);
    }
  }

  async #write(hex: string, bytes: Uint8Array): Promise<void> {
    const temp = join(this.#options.folder, TEMP, randomUUID());
    const target = this.#path(hex);
    try {
      await writeFlushed(temp, bytes);
      await mkdir(join(target, ".."), { recursive: true, mode: 0o700 });
      await rename(temp, target);
      await flushFolder(join(target, ".."));
      await flushFolder(this.#options.folder);
    } catch (error) {
      await rm(temp, { force: true });
      throw error;
    }
  }

  #path(hex: string): string {
    return join(this.#options.folder, hex.slice(0, 2), hex);
  }
}

function failure(
  code: "STORE_UNAVAILABLE" | "CORRUPTED",
  cause: unknown,
  text?: string,
): PlatformError {
  return new PlatformError(code, text, { cause });
}

/** On the thread pool: code may be tens of megabytes. */
async function sha256(bytes: Uint8Array): Promise<string> {
  const view = new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
  return Buffer.from(await crypto.subtle.digest("SHA-256", view)).toString("hex");
}

async function writeFlushed(file: string, bytes: Uint8Array): Promise<void> {
  await using handle = await open(file, "wx", 0o600);
  await handle.writeFile(bytes);
  await handle.sync();
}

async function flushFolder(folder: string): Promise<void> {
  await using handle = await open(folder, "r");
  await handle.sync();
}

async function listFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name === TEMP) continue;
    files.push(...(await readdir(join(folder, entry.name))));
  }
  return files;
}

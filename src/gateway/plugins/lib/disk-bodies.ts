/**
 * Bodies in files, which are found again after a restart: the body, then its head as JSON, then the
 * length of that in four bytes. A file without a whole end was being written: it is removed.
 */
import { createHash, randomUUID } from "node:crypto";
import type { WriteStream } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { finished } from "node:stream/promises";
import type { BodyStore, BodyWriter, Entry, StoredBody, StoredHead } from "./cache-zone.ts";

/** A disk that is so far behind is not waited for: the answer is not stored. */
const BACKLOG_BYTES_MAX = 8 * 1024 * 1024;
const LENGTH_BYTES = 4;
const HEAD_BYTES_MAX = 1024 * 1024;
const UNFINISHED = ".part";
const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

export class DiskBodies implements BodyStore {
  private readonly folder: string;
  private readonly levels: readonly number[];
  /** Part of the names of this run's files: the search for older ones leaves them alone. */
  private readonly run = randomUUID();
  private count = 0;

  /** `levels` as nginx has them: "1:2" are folders of one and of two hex digits. */
  constructor(folder: string, levels = "1:2") {
    this.folder = folder;
    this.levels = levels
      .split(":")
      .map(Number)
      .filter((digits) => digits > 0);
  }

  begin(key: string): BodyWriter {
    return new FileWriter(
      `${join(this.folder, pathOf(key, this.levels))}.${this.run}.${++this.count}`,
    );
  }

  /** What was stored before; what cannot be read is removed. Rejects without the folder. */
  async *load(): AsyncGenerator<Entry> {
    await mkdir(this.folder, { recursive: true, mode: PRIVATE_FOLDER });
    const files = await readdir(this.folder, { recursive: true, withFileTypes: true });
    for (const file of files) {
      if (!file.isFile() || file.name.includes(this.run)) continue;
      const path = join(file.parentPath, file.name);
      const entry = path.endsWith(UNFINISHED) ? undefined : await readEntry(path);
      if (entry === undefined) await rm(path, { force: true });
      else yield entry;
    }
  }
}

function pathOf(key: string, levels: readonly number[]): string {
  const digest = createHash("md5").update(key).digest("hex");
  let end = digest.length;
  const folders = levels.map((digits) => {
    end -= digits;
    return digest.slice(end, end + digits);
  });
  return join(...folders, digest);
}

class FileWriter implements BodyWriter {
  private readonly path: string;
  private readonly opened: Promise<WriteStream>;
  private stream: WriteStream | undefined;
  private waiting: Uint8Array[] = [];
  private backlog = 0;
  private length = 0;
  private isAborted = false;

  constructor(path: string) {
    this.path = path;
    this.opened = this.open();
    // Asked for in `finish`; an abort asks nobody.
    this.opened.catch(() => undefined);
  }

  write(chunk: Uint8Array): boolean {
    this.length += chunk.length;
    const { stream } = this;
    if (stream === undefined) {
      this.waiting.push(chunk);
      this.backlog += chunk.length;
      return this.backlog <= BACKLOG_BYTES_MAX;
    }
    stream.write(chunk);
    return !stream.destroyed && stream.writableLength <= BACKLOG_BYTES_MAX;
  }

  finish(head: StoredHead): StoredBody {
    const complete = this.complete(head);
    // Whoever opens the file hears of it.
    complete.catch(() => undefined);
    return fileBody(this.path, this.length, complete);
  }

  private async complete(head: StoredHead): Promise<void> {
    try {
      const stream = await this.opened;
      const text = Buffer.from(JSON.stringify({ ...head, length: this.length }));
      const size = Buffer.alloc(LENGTH_BYTES);
      size.writeUInt32BE(text.length);
      stream.end(Buffer.concat([text, size]));
      await finished(stream);
      await rename(this.path + UNFINISHED, this.path);
    } catch (error) {
      this.abort();
      throw error;
    }
  }

  abort(): void {
    this.isAborted = true;
    this.waiting = [];
    this.opened
      .then((stream) => stream.destroy())
      .catch(() => undefined)
      .finally(() => rm(this.path + UNFINISHED, { force: true }).catch(() => undefined));
  }

  private async open(): Promise<WriteStream> {
    await mkdir(dirname(this.path), { recursive: true, mode: PRIVATE_FOLDER });
    const handle = await open(this.path + UNFINISHED, "wx", PRIVATE_FILE);
    const stream = handle.createWriteStream();
    stream.on("error", () => undefined);
    if (this.isAborted) return stream;
    for (const chunk of this.waiting) stream.write(chunk);
    this.waiting = [];
    this.stream = stream;
    return stream;
  }
}

function fileBody(path: string, length: number, complete: Promise<void>): StoredBody {
  return {
    length,
    complete,
    open: async () => {
      await complete;
      // Open before it is read: a file that is removed meanwhile can still be read.
      return read(await open(path, "r"), length);
    },
    remove: () => {
      const remove = (): Promise<void> => rm(path, { force: true });
      complete.then(remove).catch(() => undefined);
    },
  };
}

async function* read(handle: FileHandle, length: number): AsyncGenerator<Uint8Array> {
  try {
    if (length === 0) return;
    const stream = handle.createReadStream({ start: 0, end: length - 1, autoClose: false });
    for await (const chunk of stream) yield chunk as Uint8Array;
  } finally {
    await handle.close();
  }
}

async function readEntry(path: string): Promise<Entry | undefined> {
  const handle = await open(path, "r");
  try {
    const { size } = await handle.stat();
    if (size < LENGTH_BYTES) return undefined;
    const tail = await readAt(handle, size - LENGTH_BYTES, LENGTH_BYTES);
    const headLength = tail.readUInt32BE();
    const start = size - LENGTH_BYTES - headLength;
    if (headLength > HEAD_BYTES_MAX || start < 0) return undefined;
    const text = await readAt(handle, start, headLength);
    const { length, ...head } = JSON.parse(text.toString()) as StoredHead & { length: number };
    return length === start ? { head, body: fileBody(path, length, Promise.resolve()) } : undefined;
  } catch {
    return undefined;
  } finally {
    await handle.close();
  }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await handle.read(bytes, 0, length, position);
  return bytes.subarray(0, bytesRead);
}

/**
 * A file that lines are added to. They are written in order, several at a time; what cannot be
 * written is told once and dropped. When the file was moved away (logrotate) a new one is begun.
 */
import { type FileHandle, open, stat } from "node:fs/promises";

/** Waiting to be written; beyond it lines are dropped. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024;
/** At most so often one looks whether the file is still there. */
const LOOK_MS = 1000;

export type LineFileOptions = {
  readonly path: string;
  readonly log: (level: "error", message: string, fields?: object) => void;
  readonly waitingBytesMax?: number;
};

export class LineFile {
  private readonly options: LineFileOptions;
  private lines: string[] = [];
  private waitingBytes = 0;
  private writing: Promise<void> | undefined;
  private handle: FileHandle | undefined;
  private lookedMs = Number.NEGATIVE_INFINITY;
  private isFailing = false;

  constructor(options: LineFileOptions) {
    this.options = options;
  }

  /** `line` without line feed. */
  add(line: string): void {
    const { waitingBytesMax = WAITING_BYTES_MAX, path, log } = this.options;
    const bytes = Buffer.byteLength(line) + 1;
    if (this.waitingBytes + bytes > waitingBytesMax) {
      this.tellOnce(() => log("error", "a log file is too slow: lines are dropped", { path }));
      return;
    }
    this.lines.push(line);
    this.waitingBytes += bytes;
    this.writing ??= this.writeAll();
  }

  /** Resolves when everything is written and the file is closed. */
  async close(): Promise<void> {
    await this.writing;
    await this.handle?.close();
    this.handle = undefined;
  }

  private async writeAll(): Promise<void> {
    while (this.lines.length > 0) {
      const { lines } = this;
      this.lines = [];
      await this.write(`${lines.join("\n")}\n`);
      // Until now they count as waiting.
      this.waitingBytes = this.lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
    }
    this.writing = undefined;
  }

  private async write(text: string): Promise<void> {
    const { path, log } = this.options;
    try {
      const handle = await this.current();
      await handle.appendFile(text);
      this.isFailing = false;
    } catch (err) {
      this.tellOnce(() => log("error", `failed to write file: ${path}`, { err }));
    }
  }

  private tellOnce(tell: () => void): void {
    if (!this.isFailing) tell();
    this.isFailing = true;
  }

  private async current(): Promise<FileHandle> {
    const now = performance.now();
    const { handle, options } = this;
    if (handle !== undefined && now - this.lookedMs < LOOK_MS) return handle;
    this.lookedMs = now;
    if (handle !== undefined && (await isFileAt(options.path, handle))) return handle;
    this.handle = undefined;
    await handle?.close();
    this.handle = await open(options.path, "a");
    return this.handle;
  }
}

async function isFileAt(path: string, handle: FileHandle): Promise<boolean> {
  try {
    const [there, ours] = await Promise.all([stat(path), handle.stat()]);
    return there.ino === ours.ino && there.dev === ours.dev;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

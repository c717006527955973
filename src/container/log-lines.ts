/**
 * Log lines of one activation in the stored form (openwhisk-execution.md a.2), with their limit.
 */

export const NO_LOGS: readonly string[] = Object.freeze([]);

/** `2023-11-14T22:13:20.001000000Z`, 30 columns: milliseconds are what the caller's clock has. */
function logStamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000000Z`;
}

export function logLine(ms: number, stream: "stdout" | "stderr", text: string): string {
  return `${logStamp(ms)} ${stream}: ${text}`;
}

export function truncationText(bytesMax: number): string {
  return `Logs were truncated because the total bytes size exceeds the limit of ${bytesMax} bytes.`;
}

export class LogLines {
  readonly bytesMax: number;
  #lines: string[] | undefined;
  #bytes = 0;
  #truncated = false;
  /** Lines came from two sources: launcher and pipes. */
  #mixed = false;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  get truncated(): boolean {
    return this.#truncated;
  }

  /** Lines joined by "\n" from a launcher, which keeps the limit itself; checked again here. */
  addText(text: string, textBytes: number, truncated: boolean): void {
    if (textBytes > 0) this.#addLines(text.split("\n"), textBytes);
    if (truncated && this.bytesMax > 0) this.#truncated = true;
  }

  #addLines(lines: string[], textBytes: number): void {
    if (this.#lines === undefined && textBytes < this.bytesMax) {
      this.#lines = lines;
      this.#bytes = textBytes + 1;
      return;
    }
    for (const line of lines) this.#add(line);
  }

  /** A line read from fd 1 or 2. */
  addPiped(line: string): void {
    if (this.#lines !== undefined) this.#mixed = true;
    this.#add(line);
  }

  /** Takes over what was printed before (while loading). */
  addAll(other: LogLines): void {
    for (const line of other.#lines ?? NO_LOGS) this.#add(line);
    if (other.#truncated) this.#truncated = true;
    this.#mixed ||= other.#mixed;
  }

  /** The lines in order of time; behind them the original's text when the limit was passed. */
  finish(nowMs: number): readonly string[] {
    if (this.#lines === undefined && !this.#truncated) return NO_LOGS;
    const lines = [...(this.#lines ?? NO_LOGS)];
    if (this.#mixed) lines.sort(byStamp);
    if (this.#truncated) lines.push(logLine(nowMs, "stderr", truncationText(this.bytesMax)));
    return lines;
  }

  #add(line: string): void {
    if (this.bytesMax === 0 || this.#truncated) return;
    const bytes = Buffer.byteLength(line) + 1;
    if (this.#bytes + bytes > this.bytesMax) {
      this.#truncated = true;
      return;
    }
    this.#bytes += bytes;
    this.#lines ??= [];
    this.#lines.push(line);
  }
}

/** What was printed while loading, then the activation's own; under its limit. */
export function joinedLogs(loading: LogLines | undefined, own: LogLines): LogLines {
  const all = new LogLines(own.bytesMax);
  if (loading !== undefined) all.addAll(loading);
  all.addAll(own);
  return all;
}

const STAMP_COLUMNS = 30;

function byStamp(a: string, b: string): number {
  const left = a.slice(0, STAMP_COLUMNS);
  const right = b.slice(0, STAMP_COLUMNS);
  return left < right ? -1 : left > right ? 1 : 0;
}

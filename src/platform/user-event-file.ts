/**
 * User events as JSON lines at the end of a file (or into a named pipe), until a broker takes them.
 * A reader that is slow, or a disk that refuses, costs events and never a request.
 */
import { createWriteStream, type WriteStream } from "node:fs";
import type { UserEvent } from "../core/user-events.ts";

/** Bytes that may wait to be written; what comes on top of them is dropped. */
const WAITING_BYTES_MAX = 8 * 1024 * 1024;

export class UserEventFile {
  readonly counts = { dropped: 0 };
  private readonly stream: WriteStream;
  private isOpen = true;

  /** `warn` is told once when the file cannot be written any more. */
  constructor(path: string, warn: (message: string, fields: object) => void) {
    this.stream = createWriteStream(path, { flags: "a", mode: 0o600 });
    this.stream.on("error", (error) => {
      this.isOpen = false;
      warn("user events are no longer written to their file", { path, reason: error.message });
    });
  }

  readonly consume = (events: readonly UserEvent[]): void => {
    if (!this.isOpen || this.stream.writableLength > WAITING_BYTES_MAX) {
      this.counts.dropped += events.length;
      return;
    }
    this.stream.write(events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  };

  /** Resolves when everything is written, or cannot be. */
  async close(): Promise<void> {
    if (!this.isOpen) return;
    this.isOpen = false;
    await new Promise<void>((resolve) => {
      this.stream.once("close", resolve);
      this.stream.end();
    });
  }
}

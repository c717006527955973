/**
 * What a container prints on fd 1 and 2 past its launcher: native code, child processes, crashes.
 * Cut into lines and stamped on arrival.
 */
import { logLine } from "./log-lines.ts";

/** A longer line is cut into several. */
const LINE_CHARS_MAX = 64 * 1024;

export class PipeOutput {
  readonly #now: () => number;
  readonly #add: (line: string) => void;
  readonly #partial = { stdout: "", stderr: "" };
  #used = false;

  constructor(now: () => number, add: (line: string) => void) {
    this.#now = now;
    this.#add = add;
  }

  push(fd: 1 | 2, bytes: Buffer): void {
    this.#used = true;
    const stream = fd === 1 ? "stdout" : "stderr";
    const lines = (this.#partial[stream] + bytes.toString()).split("\n");
    this.#partial[stream] = lines.pop() ?? "";
    for (const line of lines) this.#line(stream, line);
    if (this.#partial[stream].length > LINE_CHARS_MAX) this.flush();
  }

  /** A last line without an end counts as a line. */
  flush(): void {
    for (const stream of ["stdout", "stderr"] as const) {
      const text = this.#partial[stream];
      this.#partial[stream] = "";
      if (text !== "") this.#line(stream, text);
    }
  }

  /** Whether anything came since the last asking. */
  takeUsed(): boolean {
    const used = this.#used;
    this.#used = false;
    return used;
  }

  #line(stream: "stdout" | "stderr", text: string): void {
    this.#add(logLine(this.#now(), stream, text));
  }
}

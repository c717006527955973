/** The calls that are out in one container: who waits, what was printed for them, how they end. */
import type { AwakeWait } from "./awake-wait.ts";
import { CallTable } from "./call-table.ts";
import type { ContainerReply, InitRequest, ReplyHandler } from "./driver.ts";
import { joinedLogs, LogLines, NO_LOGS } from "./log-lines.ts";
import type { OpenStream } from "./open-stream.ts";
import { PipeOutput } from "./pipe-output.ts";

const UNSTARTED: ContainerReply = { type: "unstarted" };

/** Its logs are put in when all that was printed for it has been read. */
export type Answer = Extract<ContainerReply, { readonly type: "response" }> & {
  logs: readonly string[];
  logsTruncated: boolean;
};

export type OpenCall = {
  readonly activationId: string;
  readonly done: ReplyHandler;
  logs: LogLines;
  /** Waits for the output pipes to be drained. */
  answer: Answer | undefined;
  readonly stream: OpenStream | undefined;
};

export type CallsPorts = {
  readonly now: () => number;
  readonly awake: AwakeWait;
  /** Has `drained` called when what stands in the output pipes now has been read. */
  readonly drain: (sequence: number) => void;
};

export class OpenCalls {
  /** Set with the init, before any call. */
  limits: Omit<InitRequest, "payload"> = {
    concurrency: 1,
    logBytesMax: 0,
    responseBytesMax: 0,
    truncationBytes: 0,
  };
  /** Output past the launcher was seen: it cannot be told apart when runs follow at once. */
  pipesUsed = false;
  readonly #ports: CallsPorts;
  readonly #table = new CallTable<OpenCall>();
  readonly #pipes: PipeOutput;
  /** What was printed while loading; belongs to the first activation. */
  #loading: LogLines | undefined;
  /** While the init is open; its number comes again after a million calls. */
  #initSequence: number | undefined;
  /** The next answer waits for the pipes: always the first one, later when they were used. */
  #drainNext = true;

  constructor(ports: CallsPorts) {
    this.#ports = ports;
    this.#pipes = new PipeOutput(ports.now, (line) => this.#attribute(line));
  }

  get size(): number {
    return this.#table.size;
  }

  get(sequence: number): OpenCall | undefined {
    return this.#table.get(sequence);
  }

  openInit(done: ReplyHandler): number {
    const sequence = this.open("", done, undefined);
    this.#initSequence = sequence;
    return sequence;
  }

  open(activationId: string, done: ReplyHandler, stream: OpenStream | undefined): number {
    const logs = new LogLines(this.limits.logBytesMax);
    const sequence = this.#table.add({ activationId, done, logs, answer: undefined, stream });
    this.#ports.awake.begun();
    return sequence;
  }

  unstarted(sequence: number, call: OpenCall): void {
    this.#close(sequence);
    call.done(UNSTARTED);
  }

  answer(sequence: number, call: OpenCall, answer: Answer): void {
    const isInit = sequence === this.#initSequence;
    if (isInit) this.#initSequence = undefined;
    if (isInit && answer.status === 200) {
      this.#loading = call.logs;
      this.#close(sequence);
      call.done(answer);
      return;
    }
    if (this.#drainNext) {
      call.answer = answer;
      this.#ports.drain(sequence);
      return;
    }
    this.#finish(sequence, call, answer);
  }

  /** Something was, or may have been, printed past the launcher. */
  notePipes(): void {
    this.pipesUsed = true;
    this.#drainNext = true;
  }

  output(fd: 1 | 2, bytes: Buffer): void {
    this.notePipes();
    this.#pipes.push(fd, bytes);
  }

  /** Everything that was printed before the answers in hand has been read now. */
  drained(): void {
    this.#pipes.flush();
    this.#drainNext = this.#pipes.takeUsed();
    for (const [sequence, call] of [...this.#table.entries()]) {
      if (call.answer !== undefined) this.#finish(sequence, call, call.answer);
    }
  }

  /** What was printed so far for an activation, or for its init, that will not answer. */
  partialLogs(activationId: string): readonly string[] {
    for (const [sequence, call] of this.#table.entries()) {
      // An init that is open has been asked for by the activation that asks now.
      if (call.activationId !== activationId && sequence !== this.#initSequence) continue;
      this.#pipes.flush();
      return joinedLogs(this.#loading, call.logs).finish(this.#ports.now());
    }
    return NO_LOGS;
  }

  /**
   * The process is gone. Oldest first: with concurrency 1 only the first that has no answer has
   * begun.
   */
  endAll(exhaustedMemory: boolean): void {
    this.#pipes.flush();
    const unstarted: OpenCall[] = [];
    let hasRunning = false;
    for (const [sequence, call] of this.#table.inOrder()) {
      if (call.answer !== undefined) {
        this.#finish(sequence, call, call.answer);
        continue;
      }
      this.#close(sequence);
      if (hasRunning && this.limits.concurrency === 1) {
        unstarted.push(call);
        continue;
      }
      hasRunning = true;
      const logs = this.#logsOf(call);
      const { truncated: logsTruncated } = call.logs;
      call.done({ type: "exited", exhaustedMemory, logs, logsTruncated });
    }
    for (const call of unstarted.reverse()) call.done(UNSTARTED);
  }

  #close(sequence: number): void {
    this.#table.delete(sequence);
    this.#ports.awake.ended();
  }

  #finish(sequence: number, call: OpenCall, answer: Answer): void {
    this.#close(sequence);
    answer.logs = this.#logsOf(call);
    answer.logsTruncated = answer.logs !== NO_LOGS && call.logs.truncated;
    call.done(answer);
  }

  #logsOf(call: OpenCall): readonly string[] {
    if (this.#loading !== undefined) {
      call.logs = joinedLogs(this.#loading, call.logs);
      this.#loading = undefined;
    }
    return call.logs.finish(this.#ports.now());
  }

  /** A line of fd 1 or 2 goes to the activation that has run longest; without one it is lost. */
  #attribute(line: string): void {
    (this.#table.oldest()?.logs ?? this.#loading)?.addPiped(line);
  }
}

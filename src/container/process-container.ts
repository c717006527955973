/** One function process: its frames, its open activations, its end. */
import type { Socket } from "node:net";
import type { StreamReader } from "../core/result-stream.ts";
import type { AwakeWait } from "./awake-wait.ts";
import { CallTable } from "./call-table.ts";
import type {
  Container,
  ContainerReply,
  ContainerSpec,
  InitRequest,
  ReplyHandler,
} from "./driver.ts";
import {
  FLAG_AHEAD,
  FLAG_DIRECT_OUTPUT,
  FLAG_LOGS_TRUNCATED,
  FLAG_STREAM,
  FLAG_TAKES_AHEAD,
  FLAGS_OFFSET,
  FRAME,
  FrameReader,
  frameRoom,
  writeFrame,
} from "./frames.ts";
import { LogLines, NO_LOGS } from "./log-lines.ts";
import { controlFrame, OpenStream, type StreamControl } from "./open-stream.ts";
import { PipeOutput } from "./pipe-output.ts";
import type { ExitFacts, Spawned, Spawner, SpawnListener } from "./spawner.ts";

/** Launchers end with this code when the language ran out of memory (docs/runtime-protocol.md). */
const EXIT_OUT_OF_MEMORY = 86;
/** What V8 prints before it ends the process, which then looks like ended by a signal. */
const HEAP_ABORT_TEXT = /out of memory/i;
const SIGNAL_CODES_FROM = 128;
/** Before the init request names its own limits. */
const FRAME_BYTES_MIN = 64 * 1024;
/** A process that has closed its connection and does not end is killed after this. */
const CLOSED_GRACE_MS = 500;
const ERROR_TAIL_CHARS = 2000;
/** How long a dead process's last bytes may take to be read. */
const LAST_WORDS_MS = 250;
const UNSTARTED: ContainerReply = { type: "unstarted" };
const NO_LIMITS = { concurrency: 1, logBytesMax: 0, responseBytesMax: 0, truncationBytes: 0 };

type Call = {
  readonly activationId: string;
  readonly done: ReplyHandler;
  readonly logs: LogLines;
  /** Answer waiting for the output pipes to be drained. */
  reply: ContainerReply | undefined;
  readonly stream: OpenStream | undefined;
};

/** Services of the driver that a container uses. */
export type ContainerHost = {
  readonly spawner: Spawner;
  readonly now: () => number;
  readonly awake: AwakeWait;
  /** A launcher that is not ready by then is killed. */
  readonly startTimeoutMs: number;
  /** Calls `container.flush(scratch)` once at the end of this event-loop turn. */
  schedule(container: ProcessContainer): void;
  /** Everything of the container is gone. */
  released(container: ProcessContainer): void;
};

export class ProcessContainer implements Container {
  readonly spec: ContainerSpec;
  readonly ready: Promise<void>;
  /** Waiting to be written in this turn. */
  dirty = false;
  readonly #host: ContainerHost;
  readonly #calls = new CallTable<Call>();
  readonly #reader: FrameReader;
  readonly #gone = Promise.withResolvers<void>();
  readonly #opened = Promise.withResolvers<void>();
  readonly #exitHandlers: (() => void)[] = [];
  readonly #pipes: PipeOutput;
  #limits: Omit<InitRequest, "payload"> = NO_LIMITS;
  #spawned: Spawned | undefined;
  /** What was printed while loading; belongs to the first activation. */
  #loading: LogLines | undefined;
  /** While the init is open; its number comes again after a million calls. */
  #initSequence: number | undefined;
  #outSequences: number[] = [];
  #outPayloads: string[] = [];
  #outFlags: number[] = [];
  #launcherReady = false;
  #launcherTakesAhead = false;
  /** Output past the launcher was seen: it cannot be told apart when runs follow at once. */
  #pipesUsed = false;
  #confined = false;
  #destroyed = false;
  #isEnding = false;
  #ended = false;
  #errorTail = "";
  #startTimer: NodeJS.Timeout | undefined;
  #closeTimer: NodeJS.Timeout | undefined;
  /** The next answer waits for the pipes: always the first one, later when they were used. */
  #drainNext = true;

  constructor(spec: ContainerSpec, host: ContainerHost) {
    this.spec = spec;
    this.#host = host;
    this.ready = this.#opened.promise;
    this.ready.catch(() => {});
    this.#reader = new FrameReader(FRAME_BYTES_MIN, this.#onFrame);
    this.#pipes = new PipeOutput(host.now, (line) => this.#attribute(line));
  }

  /** Listener for the spawner. */
  get listener(): SpawnListener {
    return {
      started: () => {},
      confined: (problem) => this.#onConfined(problem),
      output: (fd, bytes) => this.#onOutput(fd, bytes),
      drained: () => this.#onDrained(),
      ended: (facts, problem) => this.#onEnded(facts, problem),
    };
  }

  attach(spawned: Spawned): void {
    this.#spawned = spawned;
    // Mostly its process is ending by itself, and how it ends says why: wait for that.
    const closed = () => {
      this.#closeTimer ??= setTimeout(() => this.#kill(), CLOSED_GRACE_MS).unref();
    };
    for (const event of ["error", "close", "end"]) spawned.socket.on(event, closed);
    if (this.#destroyed) this.#kill();
    this.#startTimer = setTimeout(() => this.#giveUp(), this.#host.startTimeoutMs).unref();
  }

  /** The spawner could not even be asked. */
  failed(error: Error): void {
    this.#onEnded({ code: null, signal: null, outgrown: false }, error.message);
  }

  /** Bytes read from fd 3; `bytes` is shared by all containers. */
  read(bytes: Buffer, length: number): void {
    if (!this.#ended && !this.#reader.push(bytes, length)) this.#kill();
  }

  init(request: InitRequest, done: ReplyHandler): void {
    const { payload, ...limits } = request;
    this.#limits = limits;
    const { logBytesMax, responseBytesMax, truncationBytes } = limits;
    this.#reader.frameBytesMax =
      FRAME_BYTES_MIN + Math.max(responseBytesMax, truncationBytes) + logBytesMax;
    const sequence = this.#open("", done);
    this.#initSequence = sequence;
    if (this.#ended) return;
    const meta = JSON.stringify(limits);
    const bytes = Buffer.allocUnsafe(frameRoom(meta, payload));
    const end = writeFrame(bytes, 0, FRAME.init, sequence, meta, payload);
    this.#socketOf()?.write(bytes.subarray(0, end));
  }

  run(activationId: string, payload: string, done: ReplyHandler, reader?: StreamReader): void {
    const stream = reader === undefined ? undefined : new OpenStream(reader);
    const sequence = this.#open(activationId, done, stream);
    if (this.#ended) return;
    this.#outSequences.push(sequence);
    this.#outPayloads.push(payload);
    const isAhead = this.#limits.concurrency === 1 && this.#calls.size > 1;
    this.#outFlags.push((isAhead ? FLAG_AHEAD : 0) | (stream === undefined ? 0 : FLAG_STREAM));
    if (!this.dirty) this.#host.schedule(this);
  }

  get takesAhead(): boolean {
    return this.#launcherTakesAhead && !this.#pipesUsed;
  }

  recall(): void {
    if (this.#ended) return;
    const bytes = Buffer.allocUnsafe(frameRoom("", ""));
    const end = writeFrame(bytes, 0, FRAME.recall, 0, "", "");
    // Behind the runs that wait to be written in this turn.
    this.flush(Buffer.allocUnsafe(0));
    this.#socketOf()?.write(bytes.subarray(0, end));
  }

  partialLogs(activationId: string): readonly string[] {
    for (const [sequence, call] of this.#calls.entries()) {
      // An init that is open has been asked for by the activation that asks now.
      if (call.activationId !== activationId && sequence !== this.#initSequence) continue;
      this.#pipes.flush();
      const all = new LogLines(this.#limits.logBytesMax);
      if (this.#loading !== undefined) all.addAll(this.#loading);
      all.addAll(call.logs);
      return all.finish(this.#host.now());
    }
    return NO_LOGS;
  }

  destroy(): Promise<void> {
    if (!this.#destroyed) {
      this.#destroyed = true;
      this.#kill();
    }
    return this.#gone.promise;
  }

  onExit(handler: () => void): void {
    this.#exitHandlers.push(handler);
  }

  /**
   * Writes the frames of this turn in one go.
   * @returns false when `scratch` is still being sent and must not be written again
   */
  flush(scratch: Buffer): boolean {
    this.dirty = false;
    const payloads = this.#outPayloads;
    const sequences = this.#outSequences;
    const socket = this.#socketOf();
    if (this.#ended || socket === undefined || payloads.length === 0) return true;
    let room = 0;
    for (const payload of payloads) room += frameRoom("", payload);
    const bytes = room <= scratch.length ? scratch : Buffer.allocUnsafe(room);
    let end = 0;
    for (let i = 0; i < payloads.length; i++) {
      const start = end;
      end = writeFrame(bytes, end, FRAME.run, sequences[i] ?? 0, "", payloads[i] ?? "");
      bytes[start + FLAGS_OFFSET] = this.#outFlags[i] ?? 0;
    }
    payloads.length = 0;
    sequences.length = 0;
    this.#outFlags.length = 0;
    socket.write(bytes.subarray(0, end));
    this.#host.awake.sent();
    return bytes !== scratch || socket.writableLength === 0;
  }

  #close(sequence: number): void {
    this.#calls.delete(sequence);
    this.#host.awake.ended();
  }

  #socketOf(): Socket | undefined {
    return this.#spawned?.socket;
  }

  #open(activationId: string, done: ReplyHandler, stream?: OpenStream): number {
    const call = {
      activationId,
      done,
      logs: new LogLines(this.#limits.logBytesMax),
      reply: undefined,
      stream,
    };
    const sequence = this.#calls.add(call);
    this.#host.awake.begun();
    if (this.#ended) this.#settleAll(false);
    return sequence;
  }

  readonly #onFrame = (
    type: number,
    flags: number,
    status: number,
    sequence: number,
    bodyBytes: number,
    bytes: Buffer,
    metaStart: number,
    bodyStart: number,
    end: number,
  ): void => {
    if (type === FRAME.ready) {
      this.#launcherReady = true;
      this.#launcherTakesAhead = (flags & FLAG_TAKES_AHEAD) !== 0;
      this.#openWhenReady();
      return;
    }
    const call = this.#calls.get(sequence);
    if (type === FRAME.unstarted && call !== undefined) {
      this.#close(sequence);
      call.done(UNSTARTED);
      return;
    }
    if ((type !== FRAME.reply && type !== FRAME.logs) || call === undefined) {
      const isPart =
        call !== undefined && this.#onStream(sequence, call, type, bytes, bodyStart, end);
      if (!isPart) this.#kill();
      return;
    }
    const truncated = (flags & FLAG_LOGS_TRUNCATED) !== 0;
    if (bodyStart > metaStart || truncated) {
      const text = bytes.toString("utf8", metaStart, bodyStart);
      call.logs.addText(text, bodyStart - metaStart, truncated);
    }
    if ((flags & FLAG_DIRECT_OUTPUT) !== 0) {
      this.#pipesUsed = true;
      this.#drainNext = true;
    }
    if (type === FRAME.reply) {
      const body = bytes.toString("utf8", bodyStart, end);
      this.#answer(sequence, call, status, body, Math.max(bodyBytes, end - bodyStart));
    }
  };

  /** @returns false when it is no part of a stream that the call may have */
  #onStream(
    sequence: number,
    { activationId, stream }: Call,
    type: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): boolean {
    if (stream === undefined) return false;
    if (type === FRAME.chunk) return stream.chunk(bytes.subarray(start, end));
    if (type !== FRAME.head) return false;
    const head = bytes.toString("utf8", start, end);
    return stream.begin(activationId, head, (frame) => this.#control(sequence, frame));
  }

  #control(sequence: number, frame: StreamControl): void {
    if (this.#ended || this.#calls.get(sequence) === undefined) return;
    this.#socketOf()?.write(controlFrame(sequence, frame));
  }

  #answer(sequence: number, call: Call, status: number, body: string, bodyBytes: number): void {
    const isInit = sequence === this.#initSequence;
    if (isInit) this.#initSequence = undefined;
    if (isInit && status === 200) {
      this.#loading = call.logs;
      this.#finish(sequence, call, status, body, bodyBytes, NO_LOGS);
      return;
    }
    if (this.#drainNext && this.#spawned !== undefined) {
      call.reply = {
        type: "response",
        status,
        body,
        bodyBytes,
        logs: NO_LOGS,
        logsTruncated: false,
      };
      this.#host.spawner.drain(this.#spawned.id, sequence);
      return;
    }
    this.#finish(sequence, call, status, body, bodyBytes, this.#logsOf(call));
  }

  #finish(
    sequence: number,
    call: Call,
    status: number,
    body: string,
    bodyBytes: number,
    logs: readonly string[],
  ): void {
    this.#close(sequence);
    const logsTruncated = logs !== NO_LOGS && call.logs.truncated;
    call.done({ type: "response", status, body, bodyBytes, logs, logsTruncated });
  }

  #logsOf(call: Call): readonly string[] {
    const loading = this.#loading;
    if (loading === undefined) return call.logs.finish(this.#host.now());
    this.#loading = undefined;
    const all = new LogLines(this.#limits.logBytesMax);
    all.addAll(loading);
    all.addAll(call.logs);
    call.logs.replaceWith(all);
    return call.logs.finish(this.#host.now());
  }

  /** Everything that was printed before the answers in hand has been read now. */
  #onDrained(): void {
    this.#pipes.flush();
    this.#drainNext = this.#pipes.takeUsed();
    for (const [sequence, call] of [...this.#calls.entries()]) {
      const reply = call.reply;
      if (reply === undefined || reply.type !== "response") continue;
      const logs = this.#logsOf(call);
      this.#finish(sequence, call, reply.status, reply.body, reply.bodyBytes, logs);
    }
  }

  #onOutput(fd: 1 | 2, bytes: Buffer): void {
    if (fd === 2) {
      this.#errorTail = (this.#errorTail + bytes.toString()).slice(-ERROR_TAIL_CHARS);
    }
    this.#drainNext = true;
    this.#pipesUsed = true;
    this.#pipes.push(fd, bytes);
  }

  /** A line of fd 1 or 2 goes to the activation that has run longest; without one it is lost. */
  #attribute(line: string): void {
    (this.#calls.oldest()?.logs ?? this.#loading)?.addPiped(line);
  }

  #onConfined(problem: string | undefined): void {
    if (problem !== undefined) {
      this.#errorTail = `its limits could not be set: ${problem}`;
      this.#kill();
      return;
    }
    this.#confined = true;
    this.#openWhenReady();
  }

  #openWhenReady(): void {
    if (!this.#launcherReady || !this.#confined) return;
    clearTimeout(this.#startTimer);
    this.#opened.resolve();
  }

  #giveUp(): void {
    this.#errorTail = `not ready after ${this.#host.startTimeoutMs} ms ${this.#errorTail}`;
    this.#kill();
  }

  #kill(): void {
    const spawned = this.#spawned;
    if (this.#ended || spawned === undefined) return;
    this.#host.spawner.kill(spawned.id);
  }

  /** The process is gone; what it had still sent is read before the open calls are ended. */
  #onEnded(facts: ExitFacts, problem: string | undefined): void {
    const socket = this.#spawned?.socket;
    if (this.#isEnding) return;
    this.#isEnding = true;
    if (socket === undefined || socket.destroyed || this.#calls.size === 0) {
      this.#end(facts, problem);
      return;
    }
    const end = (): void => {
      clearTimeout(timer);
      this.#end(facts, problem);
    };
    const timer = setTimeout(end, LAST_WORDS_MS);
    socket.once("close", end);
  }

  #end(facts: ExitFacts, problem: string | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#startTimer);
    clearTimeout(this.#closeTimer);
    this.#pipes.flush();
    this.#spawned?.socket.destroy();
    const reason = problem ?? `the launcher ended (${facts.signal ?? `code ${facts.code}`})`;
    this.#opened.reject(new Error(`${reason}${this.#errorTail && `: ${this.#errorTail.trim()}`}`));
    this.#settleAll(ranOutOfMemory(facts, this.#errorTail));
    this.#host.released(this);
    this.#gone.resolve();
    if (!this.#destroyed) for (const handler of this.#exitHandlers) handler();
  }

  /** Oldest first: with concurrency 1 only the first that has no answer has begun. */
  #settleAll(exhaustedMemory: boolean): void {
    const unstarted: Call[] = [];
    let hasRunning = false;
    for (const [sequence, call] of this.#calls.inOrder()) {
      if (call.reply?.type === "response") {
        const { status, body, bodyBytes } = call.reply;
        this.#finish(sequence, call, status, body, bodyBytes, this.#logsOf(call));
        continue;
      }
      this.#close(sequence);
      if (hasRunning && this.#limits.concurrency === 1) {
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
}

function ranOutOfMemory(facts: ExitFacts, errorTail: string): boolean {
  if (facts.outgrown || facts.code === EXIT_OUT_OF_MEMORY) return true;
  const bySignal = facts.signal !== null || (facts.code ?? 0) > SIGNAL_CODES_FROM;
  return bySignal && HEAP_ABORT_TEXT.test(errorTail);
}

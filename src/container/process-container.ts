/** One function process: its frames, its open activations, its end. */
import type { Socket } from "node:net";
import type { StreamReader } from "../core/result-stream.ts";
import type { AwakeWait } from "./awake-wait.ts";
import type { Container, ContainerSpec, InitRequest, ReplyHandler } from "./driver.ts";
import {
  FLAG_AHEAD,
  FLAG_DIRECT_OUTPUT,
  FLAG_LOGS_TRUNCATED,
  FLAG_STREAM,
  FLAG_TAKES_AHEAD,
  FRAME,
  FrameReader,
  frameRoom,
  writeFrame,
} from "./frames.ts";
import { NO_LOGS } from "./log-lines.ts";
import { type OpenCall, OpenCalls } from "./open-calls.ts";
import { controlFrame, OpenStream, type StreamControl } from "./open-stream.ts";
import { processEnd } from "./process-end.ts";
import { RunOutbox } from "./run-outbox.ts";
import type { ExitFacts, Spawned, Spawner, SpawnListener } from "./spawner.ts";
import { StartGate } from "./start-gate.ts";

/** Before the init request names its own limits. */
const FRAME_BYTES_MIN = 64 * 1024;
/** A process that has closed its connection and does not end is killed after this. */
const CLOSED_GRACE_MS = 500;
const ERROR_TAIL_CHARS = 2000;
/** How long a dead process's last bytes may take to be read. */
const LAST_WORDS_MS = 250;

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
  /** Waiting to be written in this turn. */
  dirty = false;
  readonly #host: ContainerHost;
  readonly #calls: OpenCalls;
  readonly #reader: FrameReader;
  readonly #gone = Promise.withResolvers<void>();
  readonly #gate = new StartGate();
  readonly #outbox = new RunOutbox();
  readonly #exitHandlers: (() => void)[] = [];
  #spawned: Spawned | undefined;
  #launcherTakesAhead = false;
  #destroyed = false;
  #isEnding = false;
  #ended = false;
  #errorTail = "";
  #closeTimer: NodeJS.Timeout | undefined;

  constructor(spec: ContainerSpec, host: ContainerHost) {
    this.spec = spec;
    this.#host = host;
    this.#reader = new FrameReader(FRAME_BYTES_MIN, this.#onFrame);
    this.#calls = new OpenCalls({
      now: host.now,
      awake: host.awake,
      drain: (sequence) => this.#drain(sequence),
    });
  }

  get ready(): Promise<void> {
    return this.#gate.opened;
  }

  /** Listener for the spawner. */
  get listener(): SpawnListener {
    return {
      started: () => {},
      confined: (problem) => this.#onConfined(problem),
      output: (fd, bytes) => this.#onOutput(fd, bytes),
      drained: () => this.#calls.drained(),
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
    this.#gate.within(this.#host.startTimeoutMs, () => this.#giveUp());
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
    this.#calls.limits = limits;
    const { logBytesMax, responseBytesMax, truncationBytes } = limits;
    this.#reader.frameBytesMax =
      FRAME_BYTES_MIN + Math.max(responseBytesMax, truncationBytes) + logBytesMax;
    const sequence = this.#calls.openInit(done);
    if (this.#ended) {
      this.#calls.endAll(false);
      return;
    }
    const meta = JSON.stringify(limits);
    const bytes = Buffer.allocUnsafe(frameRoom(meta, payload));
    const end = writeFrame(bytes, 0, FRAME.init, sequence, meta, payload);
    this.#socketOf()?.write(bytes.subarray(0, end));
  }

  run(activationId: string, payload: string, done: ReplyHandler, reader?: StreamReader): void {
    const stream = reader === undefined ? undefined : new OpenStream(reader);
    const sequence = this.#calls.open(activationId, done, stream);
    if (this.#ended) {
      this.#calls.endAll(false);
      return;
    }
    const isAhead = this.#calls.limits.concurrency === 1 && this.#calls.size > 1;
    const flags = (isAhead ? FLAG_AHEAD : 0) | (stream === undefined ? 0 : FLAG_STREAM);
    this.#outbox.add(sequence, payload, flags);
    if (!this.dirty) this.#host.schedule(this);
  }

  get takesAhead(): boolean {
    return this.#launcherTakesAhead && !this.#calls.pipesUsed;
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
    return this.#calls.partialLogs(activationId);
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
    const socket = this.#socketOf();
    if (this.#ended || socket === undefined || this.#outbox.isEmpty) return true;
    const bytes = this.#outbox.take(scratch);
    socket.write(bytes);
    this.#host.awake.sent();
    return bytes.buffer !== scratch.buffer || socket.writableLength === 0;
  }

  #socketOf(): Socket | undefined {
    return this.#spawned?.socket;
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
      this.#launcherTakesAhead = (flags & FLAG_TAKES_AHEAD) !== 0;
      this.#gate.launcherReady();
      return;
    }
    const call = this.#calls.get(sequence);
    if (type === FRAME.unstarted && call !== undefined) {
      this.#calls.unstarted(sequence, call);
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
    if ((flags & FLAG_DIRECT_OUTPUT) !== 0) this.#calls.notePipes();
    if (type === FRAME.reply) {
      const body = bytes.toString("utf8", bodyStart, end);
      this.#calls.answer(sequence, call, {
        type: "response",
        status,
        body,
        bodyBytes: Math.max(bodyBytes, end - bodyStart),
        logs: NO_LOGS,
        logsTruncated: false,
      });
    }
  };

  /** @returns false when it is no part of a stream that the call may have */
  #onStream(
    sequence: number,
    { activationId, stream }: OpenCall,
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

  #drain(sequence: number): void {
    if (this.#spawned !== undefined) this.#host.spawner.drain(this.#spawned.id, sequence);
  }

  #onOutput(fd: 1 | 2, bytes: Buffer): void {
    if (fd === 2) {
      this.#errorTail = (this.#errorTail + bytes.toString()).slice(-ERROR_TAIL_CHARS);
    }
    this.#calls.output(fd, bytes);
  }

  #onConfined(problem: string | undefined): void {
    if (problem !== undefined) {
      this.#errorTail = `its limits could not be set: ${problem}`;
      this.#kill();
      return;
    }
    this.#gate.confined();
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
    clearTimeout(this.#closeTimer);
    this.#spawned?.socket.destroy();
    const { reason, exhaustedMemory } = processEnd(facts, problem, this.#errorTail);
    this.#gate.fail(reason);
    this.#calls.endAll(exhaustedMemory);
    this.#host.released(this);
    this.#gone.resolve();
    if (!this.#destroyed) for (const handler of this.#exitHandlers) handler();
  }
}

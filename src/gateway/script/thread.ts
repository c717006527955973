/**
 * The thread of the sandboxes as the gateway sees it. Calls wait for their end, for phases cannot
 * be left in the middle; one that takes too long ends the thread, and a new one takes its place.
 */
import { extname } from "node:path";
import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  Worker,
} from "node:worker_threads";
import { ScriptError, SourceError } from "./engine-errors.ts";
import { type FromSandbox, TO_GATEWAY, TO_SANDBOX, type ToSandbox } from "./protocol.ts";

/** Answers what a function asks about its request; throws what the function gets to see. */
export type Ask = (operation: string, name: string, value: string) => string | undefined;

/** Longest start of the thread, ms. */
const START_MS = 10_000;

type Running = {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly counters: Int32Array;
  readonly ready: PromiseWithResolvers<void>;
  isReady: boolean;
};

export class ScriptThread {
  /** Counts threads that have ended: their sandboxes are gone. */
  generation = 0;
  private running: Running | undefined;

  get isRunning(): boolean {
    return this.running !== undefined;
  }

  /** Resolves when the thread is there: later calls do not wait for its start. */
  async prepare(): Promise<void> {
    await this.start().ready.promise;
  }

  /** What the thread answers; throws `ScriptError`, `SourceError`. */
  request(message: ToSandbox, wallMs: number, ask: Ask): string | undefined {
    const running = this.start();
    if (!running.isReady) {
      receive(running, performance.now() + START_MS);
      setReady(running);
    }
    post(running, message);
    const end = performance.now() + wallMs;
    for (;;) {
      const reply = receive(running, end);
      if (reply === undefined) {
        this.stop();
        throw new ScriptError(`the function took more than ${wallMs} ms`);
      }
      if (reply.type === "done") return reply.text;
      if (reply.type === "failed") {
        throw reply.isSource ? new SourceError(reply.message) : new ScriptError(reply.message);
      }
      if (reply.type === "ask") post(running, answerTo(reply, ask));
    }
  }

  /** Tells the thread something that it does not answer; nothing when there is no thread. */
  tell(message: ToSandbox): void {
    if (this.running !== undefined) post(this.running, message);
  }

  stop(): void {
    const { running } = this;
    if (running === undefined) return;
    this.running = undefined;
    this.generation += 1;
    running.port.close();
    void running.worker.terminate();
  }

  private start(): Running {
    if (this.running !== undefined) return this.running;
    const counters = new Int32Array(new SharedArrayBuffer(8));
    const { port1, port2 } = new MessageChannel();
    // Beside this file, in the form that is running: .ts from source, .js when built.
    const worker = new Worker(new URL(`./worker${extname(import.meta.url)}`, import.meta.url), {
      workerData: { port: port2, counters },
      transferList: [port2],
      execArgv: [],
      env: {},
    });
    const ready = Promise.withResolvers<void>();
    ready.promise.catch(() => undefined);
    const running: Running = { worker, port: port1, counters, ready, isReady: false };
    port1.once("message", () => setReady(running));
    worker.unref();
    port1.unref();
    // It died of itself, of memory for example.
    const forget = (): void => {
      ready.reject(new ScriptError("the thread of the sandboxes has ended"));
      if (this.running === running) this.stop();
    };
    worker.on("error", forget).on("exit", forget);
    this.running = running;
    return running;
  }
}

function post({ port, counters }: Running, message: ToSandbox): void {
  port.postMessage(message);
  Atomics.add(counters, TO_SANDBOX, 1);
  Atomics.notify(counters, TO_SANDBOX);
}

/** Undefined when nothing comes in time. */
function receive({ port, counters }: Running, end: number): FromSandbox | undefined {
  for (;;) {
    const seen = Atomics.load(counters, TO_GATEWAY);
    const received = receiveMessageOnPort(port);
    if (received !== undefined) return received.message as FromSandbox;
    const left = end - performance.now();
    if (left <= 0) return undefined;
    Atomics.wait(counters, TO_GATEWAY, seen, left);
  }
}

function answerTo({ operation, name, value }: FromSandbox & { type: "ask" }, ask: Ask): ToSandbox {
  try {
    return { type: "answer", text: ask(operation, name, value) };
  } catch (error) {
    return { type: "answer", error: error instanceof Error ? error.message : String(error) };
  }
}

/** Its first message was seen, by whichever of both ways. */
function setReady(running: Running): void {
  running.isReady = true;
  running.port.removeAllListeners("message");
  running.ready.resolve();
}

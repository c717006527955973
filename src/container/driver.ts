/**
 * Port of the container drivers: one function environment that is initialised once and then runs
 * activations. What `/init` and `/run` carry is OpenWhisk's contract (openwhisk-execution.md a.1);
 * how it travels is the driver's business. A driver never throws for what user code does.
 */
import type { StreamReader } from "../core/result-stream.ts";

export type IsolationLevel = "bwrap" | "unshare" | "none";
export type NetworkLevel = "host" | "none";

export type ContainerSpec = {
  /** Unique among live containers, e.g. "wsk0_12_guest_hello" (openwhisk-execution.md b.1). */
  readonly name: string;
  /** Key of `RuntimeCatalog`: the runtime that really runs, e.g. "nodejs:20". */
  readonly runtime: string;
  readonly memoryMb: number;
};

export type InitRequest = {
  /** JSON text of the /init body: {"value":{"name","main","code","binary","env":{…}}} */
  readonly payload: string;
  /** Activations admitted at once (1 = strictly one after another). */
  readonly concurrency: number;
  /** Log bytes kept per activation; 0 collects none. */
  readonly logBytesMax: number;
  /** A longer body is cut to `truncationBytes`; `bodyBytes` tells its true length. */
  readonly responseBytesMax: number;
  readonly truncationBytes: number;
};

export type ContainerReply =
  | {
      readonly type: "response";
      /** HTTP status of the runtime contract: 200, 403, 502… */
      readonly status: number;
      /** JSON text (or plain text on failures), at most responseBytesMax/truncationBytes long. */
      readonly body: string;
      /** Length in bytes before any cut. */
      readonly bodyBytes: number;
      /** Lines as stored: 30-column timestamp, stream, text. Shared empty array when none. */
      readonly logs: readonly string[];
      readonly logsTruncated: boolean;
    }
  | {
      readonly type: "exited";
      readonly exhaustedMemory: boolean;
      readonly logs: readonly string[];
      readonly logsTruncated: boolean;
    }
  /** It was sent ahead, behind a running activation, and has not begun: it may run elsewhere. */
  | { readonly type: "unstarted" };

export type ReplyHandler = (reply: ContainerReply) => void;

/**
 * One environment. `init` is called once, after `ready`; output printed while loading comes with
 * the first activation's logs, or with a failed init's reply. Each handler is called exactly once;
 * when the environment dies or is destroyed, every open handler gets "exited".
 */
export type Container = {
  readonly spec: ContainerSpec;
  /** Resolves when the launcher listens; rejects with the reason when it could not be started. */
  readonly ready: Promise<void>;
  init(request: InitRequest, done: ReplyHandler): void;
  /**
   * `payload`: JSON text of the /run body. Frames written in one turn leave in one write. With a
   * `reader` the answer may come as a stream; the reply is its end all the same.
   */
  run(activationId: string, payload: string, done: ReplyHandler, reader?: StreamReader): void;
  /**
   * True when `run` may be called while another activation runs although concurrency is 1: the
   * launcher runs them strictly one after another. Known when `ready` has resolved.
   */
  readonly takesAhead: boolean;
  /** Asks back what was sent ahead and has not begun; the newest answers "unstarted" first. */
  recall(): void;
  /** Logs gathered so far for an activation, or for its init, that will not answer (timeout). */
  partialLogs(activationId: string): readonly string[];
  /** Kills every process of it and removes its files. Idempotent; resolves when gone. */
  destroy(): Promise<void>;
  /** Called once if it dies on its own while idle or busy. */
  onExit(handler: () => void): void;
};

export type ContainerDriver = {
  /** Level reached, and network given to functions. Known after `start`. */
  readonly isolation: IsolationLevel;
  readonly network: NetworkLevel;
  /** One line each for the operator: what is weaker than asked and why. */
  readonly warnings: readonly string[];
  start(): Promise<void>;
  create(spec: ContainerSpec): Container;
  /** Destroys all containers, stops helpers, removes temp folders. Idempotent. */
  stop(): Promise<void>;
};

/** One interpreter found on this machine, or brought by npm. */
export type Runtime = {
  /** e.g. "nodejs:20", "nodejs:26", "python:3.11" */
  readonly kind: string;
  readonly language: "nodejs" | "python";
  /** Full version, e.g. "20.20.2" */
  readonly version: string;
  /** Real path of the executable. */
  readonly interpreter: string;
  /** Folders that the sandbox must mount so that it starts, real paths. */
  readonly prefixes: readonly string[];
};
export type RuntimeCatalog = ReadonlyMap<string, Runtime>;

/**
 * The platform's side of the spawner (runtimes/spawner): a small process that starts function
 * processes, so that forking never happens on the serving thread. Restarted when it dies; the
 * containers it had started count as ended then.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createConnection, type OnReadOpts, type Socket } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { CgroupOrder } from "./cgroups.ts";
import { RUNTIMES_FOLDER } from "./languages.ts";
import type { TmpFolder } from "./sandbox.ts";

export type DriverLog = (
  level: "debug" | "info" | "warn" | "error",
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

/** What the spawner needs to start one container. */
export type SpawnOrder = {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly tmp?: TmpFolder;
  readonly cgroups: readonly CgroupOrder[];
  /** Kill it when its resident memory passes this; 0 = a cgroup does it. */
  readonly residentBytesMax: number;
};

export type ExitFacts = {
  readonly code: number | null;
  readonly signal: string | null;
  /** The kernel or the watch on resident memory killed it for its memory. */
  readonly outgrown: boolean;
};

/** Told about one container. `ended` comes last, exactly once. */
export type SpawnListener = {
  started(pid: number): void;
  /** Its limits hold for every process of it from now on; or the reason why they do not. */
  confined(problem: string | undefined): void;
  output(fd: 1 | 2, bytes: Buffer): void;
  drained(turn: number): void;
  ended(facts: ExitFacts, problem: string | undefined): void;
};

type Message =
  | { readonly t: "listening" }
  | { readonly t: "started"; readonly id: number; readonly pid: number }
  | { readonly t: "confined"; readonly id: number; readonly error?: string }
  | { readonly t: "output"; readonly id: number; readonly fd: 1 | 2; readonly data: string }
  | { readonly t: "drained"; readonly id: number; readonly n: number }
  | { readonly t: "failed"; readonly id: number; readonly error: string }
  | ({ readonly t: "exit"; readonly id: number } & ExitFacts);

const CONTROL_FD = 3;
/** A spawner that dies at once again and again is not started without end. */
const RESTARTS_MAX = 20;
const LOST: ExitFacts = { code: null, signal: "SIGKILL", outgrown: false };

/** Removed when the platform is gone, also when it was killed. */
export type Leftovers = {
  readonly cgroupHomes: readonly string[];
  readonly folders: readonly string[];
};

export type SpawnerOptions = {
  /** Own folder (0700) for its socket. */
  readonly folder: string;
  /** Hard limit of open files of the spawner, which functions inherit. */
  readonly openFilesMax: number;
  readonly prlimit: string | undefined;
  readonly log: DriverLog;
};

export class Spawner {
  readonly #options: SpawnerOptions;
  readonly #listeners = new Map<number, SpawnListener>();
  readonly #pids = new Map<number, number>();
  /** Their end may have crossed the order to kill them, which the spawner then keeps. */
  readonly #killed = new Set<number>();
  #process: ChildProcess | undefined;
  #control: Duplex | undefined;
  #socketPath = "";
  #listening: Promise<void> = Promise.resolve();
  #nextId = 1;
  #leftovers: Leftovers = { cgroupHomes: [], folders: [] };
  #starts = 0;
  #stopped = false;

  constructor(options: SpawnerOptions) {
    this.#options = options;
  }

  /** Resolves when containers can be started; rejects with the reason when it cannot. */
  start(leftovers: Leftovers): Promise<void> {
    this.#leftovers = leftovers;
    this.#starts += 1;
    this.#listening = new Promise((resolve, reject) => this.#launch(resolve, reject));
    this.#listening.catch(() => {});
    return this.#listening;
  }

  /**
   * Starts a container. The socket given back becomes its fd 3; nothing may be written to it before
   * the launcher has sent its first frame.
   */
  async spawn(order: SpawnOrder, listener: SpawnListener, onread: OnReadOpts): Promise<Spawned> {
    await this.#listening;
    const id = this.#nextId++;
    const socket = createConnection({ path: this.#socketPath, onread });
    // An order that never arrives is answered by nobody else; later the spawner tells the end.
    const unreachable = (error: Error) => this.#end(id, LOST, error.message);
    socket.once("error", unreachable);
    socket.once("connect", () => socket.off("error", unreachable));
    this.#listeners.set(id, listener);
    socket.write(`${JSON.stringify({ id, ...order })}\n`);
    return { id, socket };
  }

  kill(id: number): void {
    if (!this.#listeners.has(id)) return;
    this.#killed.add(id);
    this.#tell({ t: "kill", id });
  }

  /** Asks for everything printed so far on fd 1 and 2; `drained` answers. */
  drain(id: number, turn: number): void {
    this.#tell({ t: "drain", id, n: turn });
  }

  /** Kills every container and the spawner. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      child.once("exit", () => resolve());
      this.#control?.destroy();
    });
  }

  #launch(resolve: () => void, reject: (error: Error) => void): void {
    const { folder, openFilesMax, prlimit, log } = this.#options;
    this.#socketPath = join(folder, `spawn-${this.#starts}.sock`);
    const script = join(RUNTIMES_FOLDER, "spawner", "spawner.cjs");
    const node = [process.execPath, "--max-semi-space-size=1", "--v8-pool-size=1"];
    const limits = prlimit ? [prlimit, `--nofile=${openFilesMax}:${openFilesMax}`, "--"] : [];
    const [command = "", ...args] = [
      ...limits,
      ...node,
      script,
      this.#socketPath,
      JSON.stringify(this.#leftovers),
    ];
    const child = spawn(command, args, {
      cwd: "/",
      env: { PATH: "/usr/bin:/bin" },
      stdio: ["ignore", "ignore", "pipe", "pipe"],
      detached: true,
    });
    this.#process = child;
    const control = child.stdio[CONTROL_FD] as Duplex;
    this.#control = control;
    this.#readControl(control, resolve);
    child.stderr?.on("data", (bytes: Buffer) => log("warn", `spawner: ${bytes.toString().trim()}`));
    child.once("error", (error) => reject(error));
    child.once("exit", (code, signal) => {
      reject(new Error(`the spawner ended (${signal ?? `code ${code}`})`));
      this.#lost();
    });
  }

  #readControl(control: Duplex, listening: () => void): void {
    let rest = "";
    control.setEncoding("utf8");
    control.on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#handle(JSON.parse(line) as Message, listening);
    });
    control.on("error", () => {});
  }

  #handle(message: Message, listening: () => void): void {
    if (message.t === "listening") {
      listening();
      return;
    }
    if (message.t === "exit") {
      this.#end(message.id, message, undefined);
      return;
    }
    if (message.t === "failed") {
      this.#end(message.id, LOST, message.error);
      return;
    }
    const listener = this.#listeners.get(message.id);
    if (listener === undefined) return;
    if (message.t === "started") {
      this.#pids.set(message.id, message.pid);
      listener.started(message.pid);
    } else if (message.t === "confined") listener.confined(message.error);
    else if (message.t === "output")
      listener.output(message.fd, Buffer.from(message.data, "base64"));
    else listener.drained(message.n);
  }

  #end(id: number, facts: ExitFacts, problem: string | undefined): void {
    const listener = this.#listeners.get(id);
    this.#listeners.delete(id);
    this.#pids.delete(id);
    if (this.#killed.delete(id)) this.#tell({ t: "forget", id });
    listener?.ended(facts, problem);
  }

  /** The spawner is gone: what it had started must be, too. */
  #lost(): void {
    for (const pid of this.#pids.values()) {
      try {
        process.kill(-pid, "SIGKILL");
      } catch {
        // Died with the spawner.
      }
    }
    for (const id of [...this.#listeners.keys()]) this.#end(id, LOST, "the spawner ended");
    if (this.#stopped) return;
    if (this.#starts > RESTARTS_MAX) {
      this.#options.log("error", "the spawner keeps ending; no more containers can be started");
      return;
    }
    this.#options.log("warn", "the spawner ended unexpectedly; starting it again");
    this.start(this.#leftovers).catch(() => {});
  }

  #tell(message: Readonly<Record<string, unknown>>): void {
    if (this.#control?.writable) this.#control.write(`${JSON.stringify(message)}\n`);
  }
}

export type Spawned = { readonly id: number; readonly socket: Socket };

/**
 * Starts the built program as its users do: a child process, port 0, a data folder of its own.
 * It says on fd 3, one JSON line per listener, when and where it listens.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { cleanEnv, Tail } from "./program.ts";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** The built server and client, as a user runs them. */
export const meringueBin = join(root, "bin", "meringue");
export const wskBin = join(root, "bin", "wsk");

/** How much of its log an error quotes, in characters. */
const QUOTE_MAX = 64 * 1024;
/** Longer than a server that is stopped may take, on a busy machine too. */
const STOP_MS = 20_000;
/** Longest wait for the last words of a process that has ended; its children may hold its pipes. */
const LAST_WORDS_MS = 1_000;

export type PlatformOptions = {
  /** Added behind `standalone --port 0 --ready-fd 3 --data-dir …`. */
  readonly args?: readonly string[];
  /** Added to a small clean environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to a file and given as `--config-file`. */
  readonly config?: unknown;
  /** Use this folder and leave it there; else a fresh one, removed at the end. */
  readonly dataFolder?: string;
  /** Asked at the end: true keeps the fresh folder and prints where it is. */
  readonly keepData?: () => boolean;
  /** Longest wait for the listener, milliseconds; default 20 s. */
  readonly readyMs?: number;
  /** Starts the gateway too, each of its listeners at a free port; default: without it. */
  readonly gateway?: boolean;
  /** Starts the API gateway too, at a free port; default: without it. */
  readonly apiGateway?: boolean;
  /** Another program than the built one, e.g. that of an installed package. */
  readonly program?: string;
};

/** One running server; `restart` brings it back on the same data, at another port. */
export type TestPlatform = {
  /** "http://127.0.0.1:PORT", without a slash at the end. */
  readonly url: string;
  readonly dataFolder: string;
  readonly pid: number;
  /** All lines told on fd 3 so far. */
  readonly listeners: readonly Listener[];
  /** What it wrote since its last start: stderr (the log), stdout (the banner). */
  logs(): string;
  banner(): string;
  /** Sends the signal; resolves with exit code and signal when the process is gone. */
  kill(signal: NodeJS.Signals): Promise<Exit>;
  /** SIGTERM, and SIGKILL when that took more than twenty seconds. */
  stop(): Promise<Exit>;
  /** Stops it if it still runs, then starts it again; other arguments only if given. */
  restart(options?: { readonly args?: readonly string[] }): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

export type Listener = {
  readonly event: "listen";
  readonly role: string;
  readonly host: string;
  readonly port: number;
};
export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** One life of the process: from spawn to exit. */
class Run {
  readonly child: ChildProcess;
  readonly stderr = new Tail();
  readonly stdout = new Tail();
  readonly listeners: Listener[] = [];
  readonly exited: Promise<Exit>;

  constructor(program: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe", "pipe"] });
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => this.stdout.add(text));
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => this.stderr.add(text));
    this.exited = new Promise((resolve) => {
      this.child.once("exit", (code, signal) => {
        const tell = (): void => resolve({ code, signal });
        this.child.once("close", tell);
        setTimeout(tell, LAST_WORDS_MS).unref();
      });
      this.child.once("error", () => resolve({ code: 127, signal: null }));
    });
  }

  /** Resolves with the controller's listener; rejects when the process ends or time is up first. */
  async ready(readyMs: number): Promise<Listener> {
    let clock: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      clock = setTimeout(() => {
        this.child.kill("SIGKILL");
        reject(this.failure(`did not listen within ${readyMs} ms`));
      }, readyMs);
    });
    const died = this.exited.then(({ code, signal }) => {
      throw this.failure(`exited (${signal ?? `code ${code}`}) before it listened`);
    });
    died.catch(() => {}); // it may also exit later, when nobody races any more
    try {
      return await Promise.race([this.controller(), died, late]);
    } finally {
      clearTimeout(clock);
    }
  }

  private controller(): Promise<Listener> {
    return new Promise((resolve) => {
      const lines = createInterface({ input: this.child.stdio[3] as Readable });
      lines.on("line", (line) => {
        const listener = JSON.parse(line) as Listener;
        this.listeners.push(listener);
        if (listener.role === "controller") resolve(listener);
      });
    });
  }

  private failure(what: string): Error {
    return new Error(`the platform ${what}; the end of its stderr:\n${this.quote()}`);
  }

  quote(): string {
    return this.stderr.text.slice(-QUOTE_MAX);
  }

  async kill(signal: NodeJS.Signals): Promise<Exit> {
    this.child.kill(signal);
    return this.exited;
  }

  async stop(): Promise<Exit> {
    const clock = setTimeout(() => this.child.kill("SIGKILL"), STOP_MS);
    try {
      return await this.kill("SIGTERM");
    } finally {
      clearTimeout(clock);
    }
  }
}

const GATEWAY_PORTS = ["", "tls-", "admin-", "control-", "prometheus-"];

/** Its settings are in the data folder, wherever the test is started. */
function gatewayArgs(isOn: boolean, dataFolder: string): string[] {
  if (!isOn) return ["--gateway-port", "off"];
  const ports = GATEWAY_PORTS.flatMap((name) => [`--gateway-${name}port`, "0"]);
  return [...ports, "--gateway-conf-file", join(dataFolder, "conf", "config.yaml")];
}

/** "http://127.0.0.1:PORT" of a listener by its role, e.g. "gateway-admin". */
export function urlOf(platform: TestPlatform, role: string): string {
  const listener = platform.listeners.find((one) => one.role === role);
  if (listener === undefined) throw new Error(`the platform has no listener ${role}`);
  return `http://127.0.0.1:${listener.port}`;
}

class Platform implements TestPlatform {
  readonly dataFolder: string;
  url = "";
  private readonly home: string;
  private readonly options: PlatformOptions;
  private run: Run | undefined;

  constructor(home: string, options: PlatformOptions) {
    this.home = home;
    this.options = options;
    this.dataFolder = options.dataFolder ?? join(home, "data");
  }

  async start(args: readonly string[]): Promise<void> {
    const program = this.options.program ?? meringueBin;
    const base = ["standalone", "--port", "0", "--ready-fd", "3", "--data-dir", this.dataFolder];
    base.push(...gatewayArgs(this.options.gateway === true, this.dataFolder));
    base.push("--apigw-port", this.options.apiGateway === true ? "0" : "off");
    if (this.options.config !== undefined) {
      const file = join(this.home, "config.json");
      await writeFile(file, JSON.stringify(this.options.config));
      base.push("--config-file", file);
    }
    const run = new Run(program, [...base, ...args], cleanEnv(this.options.env));
    this.run = run;
    const { host, port } = await run.ready(this.options.readyMs ?? 20_000);
    this.url = `http://${host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host}:${port}`;
  }

  private get current(): Run {
    if (this.run === undefined) throw new Error("the platform was never started");
    return this.run;
  }

  get pid(): number {
    return this.current.child.pid ?? 0;
  }

  get listeners(): readonly Listener[] {
    return this.current.listeners;
  }

  logs(): string {
    return this.current.stderr.text;
  }

  banner(): string {
    return this.current.stdout.text;
  }

  kill(signal: NodeJS.Signals): Promise<Exit> {
    return this.current.kill(signal);
  }

  stop(): Promise<Exit> {
    return this.current.stop();
  }

  async restart(options: { readonly args?: readonly string[] } = {}): Promise<void> {
    await this.stop();
    await this.start(options.args ?? this.options.args ?? []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.run !== undefined) await this.stop();
    if (this.options.keepData?.()) {
      console.error(`kept for a look: ${this.home}`);
      return;
    }
    await rm(this.home, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Starts the built server; rejects with the end of its log when it does not come up. */
export async function startPlatform(options: PlatformOptions = {}): Promise<TestPlatform> {
  const home = await mkdtemp(join(tmpdir(), "meringue-platform-"));
  const platform = new Platform(home, options);
  try {
    await platform.start(options.args ?? []);
    return platform;
  } catch (error) {
    await platform[Symbol.asyncDispose]();
    throw error;
  }
}

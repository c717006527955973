import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  Context,
  Platform,
  Runtimes,
  StopSignal,
} from "../../../../src/cli/meringue/context.ts";
import { run } from "../../../../src/cli/meringue/program.ts";
import type { Config } from "../../../../src/config/config.ts";
import { createLogger, type LogLevel, type RootLogger } from "../../../../src/lib/log.ts";

export type FakePlatform = Platform & { readonly calls: string[] };

/** A platform that does nothing but write down what it is told. */
export function fakePlatform(change: Partial<Platform> = {}): FakePlatform {
  const calls: string[] = [];
  return {
    calls,
    listeners: [{ role: "controller", host: "127.0.0.1", port: 49213 }],
    isolation: "bwrap",
    network: "host",
    warnings: [],
    apiUrl: "http://127.0.0.1:49213",
    drain: async () => void calls.push("drain"),
    stop: async () => void calls.push("stop"),
    ...change,
  };
}

/** The process around the commands, with a folder of its own as home. Remove with its scope. */
export class FakeContext implements Context, Disposable {
  readonly home = mkdtempSync(join(tmpdir(), "meringue-cli-"));
  readonly machine = { memoryMb: 4096, homeFolder: this.home, currentFolder: this.home };
  env: Record<string, string> = {};
  stdout = "";
  stderr = "";
  platform: Platform = fakePlatform();
  startError: Error | undefined;
  config: Config | undefined;
  exits: number[] = [];
  /** As if nobody had caught this. */
  fault: (fault: unknown) => void = () => undefined;
  #started = Promise.withResolvers<void>();
  readonly #handlers = new Set<(signal: StopSignal) => void>();

  out(text: string): void {
    this.stdout += text;
    if (text.includes("wsk property set")) this.#started.resolve();
  }
  err(text: string): void {
    this.stderr += text;
  }
  async createLogger(level: LogLevel): Promise<RootLogger> {
    return createLogger({ level, write: (line) => this.err(line) });
  }
  startGateway: Context["startGateway"] = async (config) => {
    this.config = config;
    return this.platform;
  };
  startPlatform = async (config: Config): Promise<Platform> => {
    this.config = config;
    if (this.startError !== undefined) throw this.startError;
    return this.platform;
  };
  runtimes(): Promise<Runtimes> {
    return Promise.reject(new Error("no runtimes here"));
  }
  openAdminStore(): Promise<never> {
    return Promise.reject(new Error("no store here"));
  }
  onSignal(handler: (signal: StopSignal) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }
  onFault(handler: (fault: unknown) => void): () => void {
    this.fault = handler;
    return () => {
      this.fault = () => undefined;
    };
  }
  exitNow(code: number): void {
    this.exits.push(code);
  }

  /** Resolves when the banner has been written. */
  get started(): Promise<void> {
    return this.#started.promise;
  }
  get listensToSignals(): boolean {
    return this.#handlers.size > 0;
  }
  signal(signal: StopSignal): void {
    for (const handler of this.#handlers) handler(signal);
  }
  run(...args: string[]): Promise<number> {
    return run(args, this);
  }
  /** Runs `standalone` until its banner, then stops it. */
  async runOnce(...args: string[]): Promise<number> {
    this.#started = Promise.withResolvers<void>();
    const code = this.run("standalone", ...args);
    await Promise.race([this.started, code]);
    this.signal("SIGTERM");
    return code;
  }
  [Symbol.dispose](): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}

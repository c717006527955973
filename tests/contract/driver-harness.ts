/** A driver with the interpreters of this machine, and one-line ways to run an action in it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  Container,
  ContainerDriver,
  ContainerReply,
  InitRequest,
  RuntimeCatalog,
} from "../../src/container/driver.ts";
import { discoverRuntimes } from "../../src/container/interpreters.ts";
import { createProcessDriver, type ProcessDriverOptions } from "../../src/container/process.ts";
import type { StreamReader } from "../../src/core/result-stream.ts";

/** `DRIVER_RUNTIMES`: folder with added runtimes, to run the contract on these versions, too. */
const added = process.env["DRIVER_RUNTIMES"];

export const runtimes: RuntimeCatalog = await discoverRuntimes({
  path: process.env["PATH"] ?? "",
  platformNode: process.execPath,
  ...(added === undefined ? {} : { folder: added }),
});

export type Code = {
  readonly code: string | Buffer;
  readonly main?: string;
  readonly env?: Readonly<Record<string, unknown>>;
};

export type Settings = Partial<Omit<InitRequest, "payload">> & { readonly memoryMb?: number };

export const DEFAULTS = {
  concurrency: 1,
  logBytesMax: 10 * 1024 * 1024,
  responseBytesMax: 1024 * 1024,
  truncationBytes: 1024 * 1024,
} as const;

export class Harness {
  readonly driver: ContainerDriver;
  readonly folder = mkdtempSync(join(tmpdir(), "driver-test-"));
  readonly messages: string[] = [];
  #count = 0;

  constructor(options: Partial<ProcessDriverOptions>) {
    this.driver = createProcessDriver({
      isolation: "auto",
      network: "host",
      runtimes,
      folder: join(this.folder, "run"),
      apiHostUrl: "http://127.0.0.1:3233",
      logger: (level, message) => this.messages.push(`${level} ${message}`),
      ...options,
    });
  }

  async stop(): Promise<void> {
    await this.driver.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  create(runtime: string, memoryMb = 256): Container {
    this.#count += 1;
    return this.driver.create({ name: `wsk0_${this.#count}_guest_test`, runtime, memoryMb });
  }

  /** A container with the code loaded, and the reply to its init. */
  async start(
    runtime: string,
    code: Code,
    settings: Settings = {},
  ): Promise<{ readonly action: Action; readonly reply: StartedReply }> {
    const { memoryMb, ...limits } = settings;
    const container = this.create(runtime, memoryMb);
    await container.ready;
    const action = new Action(container);
    return { action, reply: await action.init(code, limits) };
  }

  /** Loads, runs once with `value`, destroys. */
  async once(
    runtime: string,
    code: Code,
    value: unknown = {},
    settings: Settings = {},
  ): Promise<StartedReply> {
    const { action, reply } = await this.start(runtime, code, settings);
    try {
      return isOk(reply) ? await action.run(value) : reply;
    } finally {
      await action.container.destroy();
    }
  }
}

export class Action {
  readonly container: Container;
  #count = 0;

  constructor(container: Container) {
    this.container = container;
  }

  init({ code, main, env }: Code, limits: Settings = {}): Promise<StartedReply> {
    const binary = typeof code !== "string";
    const value = {
      name: "test",
      main: main ?? "main",
      code: binary ? code.toString("base64") : code,
      binary,
      env: env ?? {},
    };
    const request = { ...DEFAULTS, ...limits, payload: JSON.stringify({ value }) };
    return new Promise((resolve, reject) => this.container.init(request, started(resolve, reject)));
  }

  run(
    value: unknown,
    fields: Readonly<Record<string, unknown>> = {},
    reader?: StreamReader,
  ): Promise<StartedReply> {
    this.#count += 1;
    const id = String(fields["activation_id"] ?? this.#count.toString(16).padStart(32, "0"));
    const body = JSON.stringify({ value, activation_id: id, ...fields });
    return new Promise((resolve, reject) =>
      this.container.run(id, body, started(resolve, reject), reader),
    );
  }
}

export function isOk(reply: StartedReply): boolean {
  return reply.type === "response" && reply.status === 200;
}

/** [status, parsed body], or ["exited", exhaustedMemory]. */
export function outcome(reply: StartedReply): readonly [unknown, unknown] {
  if (reply.type === "exited") return ["exited", reply.exhaustedMemory];
  return [reply.status, JSON.parse(reply.body)];
}

/** Log lines without their time. */
export function logTexts(reply: { readonly logs: readonly string[] }): string[] {
  return reply.logs.map((line) => line.slice(31));
}

/** The reply of something that was begun, as everything here is. */
export type StartedReply = Exclude<ContainerReply, { readonly type: "unstarted" }>;

/** A reply handler for a promise of a `StartedReply`. */
export function started(
  resolve: (reply: StartedReply) => void,
  reject: (error: Error) => void,
): (reply: ContainerReply) => void {
  return (reply) => {
    if (reply.type === "unstarted") reject(new Error("the run was given back"));
    else resolve(reply);
  };
}

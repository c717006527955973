/**
 * What the commands of `meringue` take from the process around them, so that tests can give
 * something else. `src/main.ts` makes the real one.
 */
import type { AdminStore } from "../../admin/store.ts";
import type { Config } from "../../config/config.ts";
import type { Environment } from "../../config/environment.ts";
import type { Machine } from "../../config/machine.ts";
import type { Runtime, RuntimeCatalog } from "../../container/driver.ts";
import type { Logger, LogLevel, RootLogger } from "../../lib/log.ts";

/** What every running server has, whatever it serves. */
export type Server = {
  readonly listeners: readonly Listener[];
  /** One line each, for the banner. */
  readonly warnings: readonly string[];
  /** Of a server that is a gateway too. */
  readonly gateway?: {
    /** "http://HOST:PORT"; undefined when it is not served. */
    readonly url: string;
    readonly adminUrl: string | undefined;
    /** Where its settings and the key of its Admin API are. */
    readonly confFile: string;
  };
  /** Refuses new work; resolves when what was begun has ended. */
  drain(): Promise<void>;
  /** Ends what still runs, closes everything. Idempotent. */
  stop(): Promise<void>;
};

/** A running platform, as its composition root hands it over. */
export type Platform = Server & {
  /** Levels reached, e.g. "bwrap" and "host". */
  readonly isolation: string;
  readonly network: string;
  /** "http://HOST:PORT" as clients should name it. */
  readonly apiUrl: string;
  /** What the URLs of `wsk api` begin with; undefined: there is no API gateway. */
  readonly apiGatewayUrl?: string;
};

export type Listener = { readonly role: string; readonly host: string; readonly port: number };

/** Rejects with an error whose message is one line for the operator. */
export type StartPlatform = (
  config: Config,
  options: { readonly logger: Logger },
) => Promise<Platform>;

/** As `StartPlatform`, for a server that is nothing but a gateway. */
export type StartGateway = (
  config: Config,
  options: { readonly logger: Logger },
) => Promise<Server>;

export type Runtimes = {
  discoverRuntimes(options: { readonly dataFolder: string }): Promise<RuntimeCatalog>;
  addRuntime(kind: string, dataFolder: string): Promise<Runtime>;
};

export type StopSignal = "SIGINT" | "SIGTERM";

export type Context = {
  /** Writes to stdout. */
  out(text: string): void;
  /** Writes to stderr. */
  err(text: string): void;
  readonly env: Environment;
  readonly machine: Machine;
  /** The log, on stderr. */
  createLogger(level: LogLevel): Promise<RootLogger>;
  readonly startPlatform: StartPlatform;
  readonly startGateway: StartGateway;
  /** Loaded when first asked for: most commands need none. */
  runtimes(): Promise<Runtimes>;
  /** The store of a data folder that is locked for this process. */
  openAdminStore(folder: string): Promise<AdminStore & { stop(): Promise<void> }>;
  /** Calls `handler` for each stop signal from now on; returns how to end that. */
  onSignal(handler: (signal: StopSignal) => void): () => void;
  /** Calls `handler` for an error that nobody has caught: a fault of the program itself. */
  onFault(handler: (fault: unknown) => void): () => void;
  /** Ends the process at once. */
  exitNow(code: number): void;
};

/** Exit codes (docs/errors.md). */
export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130, terminated: 143 } as const;

/** The command line is wrong; the message is one line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

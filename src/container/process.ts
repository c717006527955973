/**
 * Container driver of the machine itself: one sandboxed process per container, started by the
 * spawner, spoken to over fd 3 in frames. May import lib and core; knows nothing of entities, pools
 * or HTTP. Never throws for what user code does.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { ApiRelay, relayedApiUrl } from "./api-relay.ts";
import { AwakeWait } from "./awake-wait.ts";
import { type CgroupHome, cgroupOrders, closeCgroups, cpuShares, openCgroups } from "./cgroups.ts";
import type {
  Container,
  ContainerDriver,
  ContainerSpec,
  IsolationLevel,
  NetworkLevel,
  Runtime,
  RuntimeCatalog,
} from "./driver.ts";
import { type EtcFolder, makeEtcFolder } from "./etc-folder.ts";
import { type IsolationChoice, probeIsolation } from "./isolation.ts";
import { existingFolder, LANGUAGES, NPM_MODULES_FOLDER, RUNTIMES_FOLDER } from "./languages.ts";
import { inspectMachine, type Machine } from "./machine.ts";
import { isOpenToAll, makeOpenBase, type OpenBase, removeOpenBase } from "./open-base.ts";
import { type ContainerHost, ProcessContainer } from "./process-container.ts";
import {
  API_SOCKET_MOUNT,
  type Level,
  type Limit,
  SANDBOX_UID,
  type SandboxPlan,
  sandboxCommand,
} from "./sandbox.ts";
import { Slots } from "./slots.ts";
import { type DriverLog, Spawner, type SpawnOrder } from "./spawner.ts";

export type ProcessDriverLimits = {
  /** Processes and threads of one container. Default 1024, as in the original. */
  readonly processesMax?: number;
  /** Files open at once in one process of a function, and in the spawner. Default 4096. */
  readonly openFilesMax?: number;
  /** Size of a container's /tmp in MB; its content counts as the container's memory. */
  readonly tmpMb?: number;
  /** Memory that all containers share, for the share of processor time each gets. */
  readonly poolMemoryMb?: number;
  /** Count memory and processes in control groups where they can be made. Default true. */
  readonly controlGroups?: boolean;
  /** Longest time for an interpreter to start. Default 60 s: machines under load are slow. */
  readonly startTimeoutMs?: number;
  /** First of the uids given to containers when the platform runs as root. */
  readonly uidBase?: number;
};

export type ProcessDriverOptions = {
  readonly isolation: IsolationChoice;
  readonly network: NetworkLevel;
  /** May still be looked for while the driver starts. */
  readonly runtimes: RuntimeCatalog | Promise<RuntimeCatalog>;
  /** Run folder for sockets and temporary files; made when missing, closed to others. */
  readonly folder: string;
  /** Given to functions as __OW_API_HOST. */
  readonly apiHostUrl: string;
  /** More environment for every function. */
  readonly extraEnv?: Readonly<Record<string, string>>;
  readonly limits?: ProcessDriverLimits;
  /** Folder of npm packages that Node kinds have on board; default: what the build made. */
  readonly npmModules?: string;
  readonly logger: DriverLog;
};

const DEFAULT_LIMITS: Required<ProcessDriverLimits> = {
  processesMax: 1024,
  openFilesMax: 4096,
  tmpMb: 512,
  poolMemoryMb: 4096,
  controlGroups: true,
  startTimeoutMs: 60_000,
  uidBase: 61_000,
};

/** One read takes at most this much; one write of a turn is built in a buffer of this size. */
const BUFFER_BYTES = 256 * 1024;
const NAMED_UIDS = 256;
const BYTES_PER_MB = 1024 * 1024;
/** Address space that an interpreter needs besides the function's own data (RLIMIT_DATA). */
const DATA_SLACK_MB = 512;
/** Resident memory of the interpreter itself, allowed on top where no cgroup counts. */
const RESIDENT_SLACK_MB = 64;

export function createProcessDriver(options: ProcessDriverOptions): ContainerDriver {
  return new ProcessDriver(options);
}

class ProcessDriver implements ContainerDriver {
  isolation: IsolationLevel = "none";
  network: NetworkLevel = "host";
  warnings: readonly string[] = [];
  readonly #options: ProcessDriverOptions;
  readonly #limits: Required<ProcessDriverLimits>;
  readonly #machine: Machine;
  readonly #slots = new Slots();
  readonly #containers = new Map<ProcessContainer, number>();
  readonly #readBuffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  readonly #spawner: Spawner;
  readonly #host: ContainerHost;
  readonly #id = `meringue-${process.pid}-${randomBytes(3).toString("hex")}`;
  readonly #npmModules: string | undefined;
  #etc: EtcFolder;
  #runtimes: RuntimeCatalog = new Map();
  #level: Level = { isolation: "none", uidMode: "same", network: "host" };
  #cgroups: CgroupHome | undefined;
  #relay: ApiRelay | undefined;
  /** Only below bwrap. */
  #base: OpenBase | undefined;
  #scratch = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #dirty: ProcessContainer[] = [];
  #count = 0;
  #started: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: ProcessDriverOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#machine = inspectMachine();
    this.#etc = { folder: join(options.folder, "etc"), mounted: [] };
    this.#npmModules = existingFolder(options.npmModules ?? NPM_MODULES_FOLDER);
    this.#spawner = new Spawner({
      folder: options.folder,
      openFilesMax: this.#limits.openFilesMax,
      prlimit: this.#machine.tools.prlimit,
      log: options.logger,
    });
    this.#host = {
      spawner: this.#spawner,
      now: Date.now,
      awake: new AwakeWait(),
      startTimeoutMs: this.#limits.startTimeoutMs,
      schedule: (container) => this.#schedule(container),
      released: (container) => this.#release(container),
    };
  }

  start(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  create(spec: ContainerSpec): Container {
    const runtime = this.#runtimes.get(spec.runtime);
    const container = new ProcessContainer(spec, this.#host);
    if (runtime === undefined) {
      container.failed(new Error(`no runtime ${spec.runtime} on this machine`));
      return container;
    }
    const slot = this.#slots.take();
    this.#containers.set(container, slot);
    const order = this.#order(spec, runtime, slot);
    const onread = { buffer: this.#readBuffer, callback: this.#reader(container) };
    this.#spawner.spawn(order, container.listener, onread).then(
      (spawned) => container.attach(spawned),
      (error: Error) => container.failed(error),
    );
    return container;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #start(): Promise<void> {
    const { folder, isolation, network, apiHostUrl, logger } = this.#options;
    // Sockets that a killed run of the program left behind cannot be listened on.
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
    this.#etc = await makeEtcFolder(this.#etc.folder, network, this.#uids());
    const probe = { name: "probe", runtime: "", memoryMb: 128 };
    const plan = (level: Level) => this.#plan(level, probe, undefined, 0);
    const probed = await probeIsolation(isolation, network, this.#machine, plan);
    this.#level = probed.level;
    this.isolation = probed.level.isolation;
    this.network = probed.level.network;
    if (this.#limits.controlGroups) this.#cgroups = openCgroups(this.#id);
    this.#runtimes = await this.#options.runtimes;
    if (this.isolation !== "bwrap") {
      const drops = this.#level.uidMode === "own";
      this.#base = makeOpenBase(this.#id, RUNTIMES_FOLDER, this.#npmModules, drops);
    }
    this.warnings = [...probed.warnings, ...this.#closedWarnings(), ...this.#memoryWarnings()];
    if (this.network === "none") {
      this.#relay = new ApiRelay(join(folder, "api.sock"), apiHostUrl, logger);
      await this.#relay.start();
    }
    await this.#spawner.start({
      cgroupHomes: [...new Set(this.#cgroups?.folders.values())],
      folders: [folder, ...(this.#base === undefined ? [] : [dirname(this.#base.folder)])],
    });
  }

  /** Interpreters that only the platform's user can read, at the levels where that matters. */
  #isClosed(runtime: Runtime): boolean {
    return this.#base !== undefined && !isOpenToAll(runtime.interpreter);
  }

  #closedWarnings(): string[] {
    if (this.#level.uidMode !== "own") return [];
    const closed = [...this.#runtimes.values()].filter((each) => this.#isClosed(each));
    return closed.map(
      ({ kind }) =>
        `${kind} functions run as the user of the platform: other users cannot read its interpreter`,
    );
  }

  #memoryWarnings(): string[] {
    if (this.#cgroups !== undefined) return [];
    const how = "RLIMIT_DATA and a watch on resident memory";
    return [`no control groups can be made here: memory of functions is limited by ${how}`];
  }

  async #stop(): Promise<void> {
    await this.#started?.catch(() => {});
    await Promise.all([...this.#containers.keys()].map((container) => container.destroy()));
    await this.#spawner.stop();
    await this.#relay?.stop();
    if (this.#cgroups !== undefined) closeCgroups(this.#cgroups);
    if (this.#base !== undefined) removeOpenBase(this.#base);
    rmSync(this.#options.folder, { recursive: true, force: true });
  }

  #reader(container: ProcessContainer): (bytesRead: number, bytes: Uint8Array) => boolean {
    const buffer = this.#readBuffer;
    return (bytesRead) => {
      container.read(buffer, bytesRead);
      return true;
    };
  }

  #schedule(container: ProcessContainer): void {
    container.dirty = true;
    if (this.#dirty.push(container) === 1) setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const container of dirty) {
      if (!container.flush(this.#scratch)) this.#scratch = Buffer.allocUnsafeSlow(BUFFER_BYTES);
    }
  };

  #release(container: ProcessContainer): void {
    const slot = this.#containers.get(container);
    if (slot === undefined) return;
    this.#containers.delete(container);
    this.#slots.give(slot);
  }

  #order(spec: ContainerSpec, runtime: Runtime, slot: number): SpawnOrder {
    this.#count += 1;
    const plan = this.#plan(this.#level, spec, runtime, slot);
    const cgroups =
      this.#cgroups === undefined
        ? []
        : cgroupOrders(this.#cgroups, `c${this.#count}`, {
            memoryMb: spec.memoryMb,
            processesMax: this.#limits.processesMax,
            cpuShares: cpuShares(spec.memoryMb, this.#limits.poolMemoryMb),
          });
    const watched = this.#cgroups === undefined ? spec.memoryMb + RESIDENT_SLACK_MB : 0;
    return { ...sandboxCommand(plan), cgroups, residentBytesMax: watched * BYTES_PER_MB };
  }

  #plan(
    level: Level,
    spec: ContainerSpec,
    runtime: Runtime | undefined,
    slot: number,
  ): SandboxPlan {
    const uid = this.#limits.uidBase + slot;
    const language = runtime === undefined ? undefined : LANGUAGES[runtime.language];
    const modules = language?.npmModules === false ? undefined : this.#npmModules;
    return {
      level:
        runtime !== undefined && this.#isClosed(runtime) ? { ...level, uidMode: "same" } : level,
      tools: this.#machine.tools,
      rootFolders: this.#machine.rootFolders,
      rootLinks: this.#machine.rootLinks,
      command: runtime === undefined ? [] : launchCommand(runtime, spec),
      env: this.#environment(level),
      prefixes: runtime?.prefixes ?? [],
      launcherFolder: join(this.#base?.launchers ?? RUNTIMES_FOLDER, language?.folder ?? ""),
      etc: this.#etc,
      tmpFolder: join(this.#base?.folder ?? "", `c${this.#count}`),
      tmpBytesMax: this.#limits.tmpMb * BYTES_PER_MB,
      uid,
      limits: this.#rlimits(spec),
      ...(modules === undefined ? {} : { modulesFolder: modules }),
      ...(this.#relay === undefined ? {} : { apiSocket: this.#relay.path }),
    };
  }

  #environment(level: Level): Record<string, string> {
    const { apiHostUrl, extraEnv } = this.#options;
    if (level.network !== "none") return { __OW_API_HOST: apiHostUrl, ...extraEnv };
    const url = relayedApiUrl(apiHostUrl);
    return {
      __OW_API_HOST: url.href,
      MERINGUE_API_RELAY: `${url.port}:${API_SOCKET_MOUNT}`,
      ...extraEnv,
    };
  }

  #rlimits(spec: ContainerSpec): Limit[] {
    if (this.#cgroups !== undefined) return [];
    return [
      { name: "nproc", value: this.#limits.processesMax },
      { name: "data", value: (spec.memoryMb + DATA_SLACK_MB) * BYTES_PER_MB },
    ];
  }

  /** Names for the first uids; a container with a later one works, without a name. */
  #uids(): number[] {
    const { uidBase } = this.#limits;
    return [SANDBOX_UID, ...Array.from({ length: NAMED_UIDS }, (_, slot) => uidBase + slot)];
  }
}

function launchCommand(runtime: Runtime, spec: ContainerSpec): string[] {
  const language = LANGUAGES[runtime.language];
  return [
    runtime.interpreter,
    ...language.flags(spec.memoryMb),
    `{launcher}/${language.launcher}`,
    "{tmp}",
  ];
}

/** Containers for tests of the pool: they answer when told to, on a clock that the test turns. */
import type {
  Container,
  ContainerDriver,
  ContainerReply,
  ContainerSpec,
  ReplyHandler,
} from "../../src/container/driver.ts";

export const OK_REPLY = {
  type: "response",
  status: 200,
  body: "{}",
  bodyBytes: 2,
  logs: [],
  logsTruncated: false,
} as const satisfies ContainerReply;
const EXITED: ContainerReply = {
  type: "exited",
  exhaustedMemory: false,
  logs: [],
  logsTruncated: false,
};

const UNSTARTED: ContainerReply = { type: "unstarted" };

export class FakeContainer implements Container {
  readonly spec: ContainerSpec;
  readonly ready: Promise<void>;
  readonly runs = new Map<string, ReplyHandler>();
  becomeReady: () => void = () => undefined;
  failToStart: (reason: Error) => void = () => undefined;
  openInit: ReplyHandler | undefined;
  inits = 0;
  takesAhead = false;
  destroyed = false;
  private exitHandler: () => void = () => undefined;

  constructor(spec: ContainerSpec) {
    this.spec = spec;
    this.ready = new Promise((resolve, reject) => {
      this.becomeReady = resolve;
      this.failToStart = reject;
    });
  }

  init(_request: unknown, done: ReplyHandler): void {
    this.inits += 1;
    if (this.destroyed) done(EXITED);
    else this.openInit = done;
  }

  run(activationId: string, _payload: string, done: ReplyHandler): void {
    if (this.destroyed) {
      done(EXITED);
      return;
    }
    this.runs.set(activationId, done);
  }

  /** Answers the init, or one run. */
  answer(activationId: string | undefined, reply: ContainerReply = OK_REPLY): void {
    if (activationId === undefined) {
      const done = this.openInit;
      this.openInit = undefined;
      done?.(reply);
      return;
    }
    const done = this.runs.get(activationId);
    this.runs.delete(activationId);
    done?.(reply);
  }

  /** With concurrency 1 the first open run has begun, the others have not. */
  recall(): void {
    for (const id of [...this.runs.keys()].slice(1).reverse()) this.answer(id, UNSTARTED);
  }

  partialLogs(): readonly string[] {
    return [];
  }

  destroy(): Promise<void> {
    this.die();
    return Promise.resolve();
  }

  /** Dies as a crashed process does. */
  crash(): void {
    this.exitHandler();
    this.die();
  }

  onExit(handler: () => void): void {
    this.exitHandler = handler;
  }

  private die(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.failToStart(new Error("it exited"));
    if (this.takesAhead) this.recall();
    const open = [...this.runs.values(), ...(this.openInit === undefined ? [] : [this.openInit])];
    this.runs.clear();
    this.openInit = undefined;
    for (const done of open) done(EXITED);
  }
}

export class FakeDriver implements ContainerDriver {
  readonly isolation = "none";
  readonly network = "host";
  readonly warnings = [];
  readonly containers: FakeContainer[] = [];

  get live(): readonly FakeContainer[] {
    return this.containers.filter((container) => !container.destroyed);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  create(spec: ContainerSpec): FakeContainer {
    const container = new FakeContainer(spec);
    this.containers.push(container);
    return container;
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}

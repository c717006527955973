/** Stop signals: the first drains, the second ends the process at once. */
import type { RootLogger } from "../../lib/log.ts";
import { type Context, EXIT, type Server, type StopSignal } from "./context.ts";

/** Records are written and processes killed in a fraction of this on any disk that works. */
const STOP_MAX_MS = 10_000;
/** npm hands a signal on within this time; no two presses of Ctrl-C are as close. */
const ECHO_MS = 200;

export class Shutdown {
  /** Resolves with the first stop signal. */
  readonly requested: Promise<StopSignal>;
  readonly #context: Context;
  readonly #logger: RootLogger;
  readonly #unsubscribe: () => void;
  #first: { readonly signal: StopSignal; readonly atMs: number } | undefined;
  #hasEchoed = false;

  constructor(context: Context, logger: RootLogger) {
    this.#context = context;
    this.#logger = logger;
    const { promise, resolve } = Promise.withResolvers<StopSignal>();
    this.requested = promise;
    this.#unsubscribe = context.onSignal((signal) => {
      if (this.#first === undefined) {
        this.#first = { signal, atMs: performance.now() };
        logger.info("stopping: running activations are waited for, a second signal ends at once", {
          signal,
        });
        resolve(signal);
      } else if (!this.#isEcho(signal)) {
        logger.flush();
        context.exitNow(signal === "SIGINT" ? EXIT.interrupted : EXIT.terminated);
      }
    });
  }

  /** Ctrl-C under `npm start` comes twice: from the terminal, and from npm, which got it too. */
  #isEcho(signal: StopSignal): boolean {
    if (this.#hasEchoed || this.#context.env["npm_lifecycle_event"] !== "start") return false;
    this.#hasEchoed = true;
    const first = this.#first;
    return first?.signal === signal && performance.now() - first.atMs <= ECHO_MS;
  }

  /** Waits until running activations have their record, at most `drainMaxMs`. */
  async drain(server: Server, drainMaxMs: number): Promise<void> {
    if (await isDoneWithin(server.drain(), drainMaxMs)) return;
    this.#logger.warn("activations still run after the longest drain: they are stopped", {
      drainMaxMs,
    });
  }

  /** Stops what is left; a part that does not stop in time goes with the process. */
  async stop(server: Server, stopMaxMs: number = STOP_MAX_MS): Promise<void> {
    if (await isDoneWithin(server.stop(), stopMaxMs)) return;
    throw new Error(`not everything stopped within ${stopMaxMs} ms`);
  }

  /** Stops listening to signals: the next one ends the process as usual. */
  end(): void {
    this.#unsubscribe();
  }
}

async function isDoneWithin(work: Promise<void>, timeoutMs: number): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const timer = setTimeout(() => late.resolve(false), timeoutMs);
  try {
    return await Promise.race([work.then(() => true), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

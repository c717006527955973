/** Stop signals: the first drains, the second ends the process at once. */
import type { RootLogger } from "../../lib/log.ts";
import { type Context, EXIT, type Platform, type StopSignal } from "./context.ts";

export class Shutdown {
  /** Resolves with the first stop signal. */
  readonly requested: Promise<StopSignal>;
  readonly #logger: RootLogger;
  readonly #unsubscribe: () => void;
  #count = 0;

  constructor(context: Context, logger: RootLogger) {
    this.#logger = logger;
    const { promise, resolve } = Promise.withResolvers<StopSignal>();
    this.requested = promise;
    this.#unsubscribe = context.onSignal((signal) => {
      this.#count += 1;
      if (this.#count === 1) {
        logger.info("stopping: running activations are waited for, a second signal ends at once", {
          signal,
        });
        resolve(signal);
      } else {
        logger.flush();
        context.exitNow(signal === "SIGINT" ? EXIT.interrupted : EXIT.terminated);
      }
    });
  }

  /** Waits until running activations have their record, at most `drainMaxMs`. */
  async drain(platform: Platform, drainMaxMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), drainMaxMs);
    });
    const outcome = await Promise.race([platform.drain(), late]);
    clearTimeout(timer);
    if (outcome === "late") {
      this.#logger.warn("activations still run after the longest drain: they are stopped", {
        drainMaxMs,
      });
    }
  }

  /** Stops listening to signals: the next one ends the process as usual. */
  end(): void {
    this.#unsubscribe();
  }
}

/** Opens when a container can take its init: its launcher is ready and its limits hold. */
export class StartGate {
  readonly #opened = Promise.withResolvers<void>();
  #isLauncherReady = false;
  #isConfined = false;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    this.opened.catch(() => {});
  }

  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /** Calls `late` when it is not open by then. */
  within(ms: number, late: () => void): void {
    this.#timer = setTimeout(late, ms).unref();
  }

  launcherReady(): void {
    this.#isLauncherReady = true;
    this.#openIfDone();
  }

  confined(): void {
    this.#isConfined = true;
    this.#openIfDone();
  }

  /** It will not open any more; without effect on one that has. */
  fail(reason: string): void {
    clearTimeout(this.#timer);
    this.#opened.reject(new Error(reason));
  }

  #openIfDone(): void {
    if (!this.#isLauncherReady || !this.#isConfined) return;
    clearTimeout(this.#timer);
    this.#opened.resolve();
  }
}

/** Tells one listener that the result is not wanted any more: lighter than an `AbortSignal`. */
export class Cancellation {
  isCancelled = false;
  private listener: (() => void) | undefined;

  /** Takes the place of the listener before; called at once when it is too late already. */
  listen(listener: (() => void) | undefined): void {
    this.listener = listener;
    if (this.isCancelled) listener?.();
  }

  cancel(): void {
    if (this.isCancelled) return;
    this.isCancelled = true;
    this.listener?.();
  }
}

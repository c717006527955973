/**
 * A bounded stream inside the process: publishing costs a push, and consumers get what has gathered
 * when the event loop is free. When they fall behind, the oldest events go, and are counted.
 */
export type Consumer<T> = (events: readonly T[]) => void;

export class EventStream<T> {
  readonly counts = { published: 0, dropped: 0 };
  private readonly consumers: readonly Consumer<T>[];
  private readonly lengthMax: number;
  private waiting: T[] = [];
  private isScheduled = false;

  constructor(options: {
    readonly consumers: readonly Consumer<T>[];
    /** Events that may wait; the oldest half goes when there are more. */
    readonly lengthMax: number;
  }) {
    this.consumers = options.consumers;
    this.lengthMax = options.lengthMax;
  }

  readonly publish = (event: T): void => {
    this.counts.published += 1;
    if (this.waiting.length >= this.lengthMax) this.drop();
    this.waiting.push(event);
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => this.deliver());
  };

  /** Gives consumers at once what is waiting. */
  deliver(): void {
    this.isScheduled = false;
    if (this.waiting.length === 0) return;
    const events = this.waiting;
    this.waiting = [];
    for (const consume of this.consumers) consume(events);
  }

  /** Half at a time: moving all the others for each event would cost more than the event. */
  private drop(): void {
    const count = Math.ceil(this.lengthMax / 2);
    this.waiting.splice(0, count);
    this.counts.dropped += count;
  }
}

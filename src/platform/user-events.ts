/** The stream of user events with its consumers, where the settings ask for it. */
import type { Config } from "../config/config.ts";
import type { UserEvent } from "../core/user-events.ts";
import { EventStream } from "../lib/event-stream.ts";
import type { Logger } from "../lib/log.ts";
import { UserEventFile } from "./user-event-file.ts";
import { UserEventMetrics } from "./user-event-metrics.ts";

export type UserEvents = {
  readonly stream: EventStream<UserEvent>;
  readonly metrics: UserEventMetrics;
  /** Events that some consumer, or the stream, had to give up. */
  dropped(): number;
  stop(): Promise<void>;
};

/** Undefined when they are off: then nothing is counted, and nothing costs anything. */
export function createUserEvents(config: Config, logger: Logger): UserEvents | undefined {
  const { enabled, file, queueMax } = config.userEvents;
  if (enabled === "off") return undefined;
  const metrics = new UserEventMetrics(config.response.bytesMax);
  const lines =
    file === "none"
      ? undefined
      : new UserEventFile(file, (message, fields) => logger.warn(message, { ...fields }));
  const stream = new EventStream<UserEvent>({
    consumers: [metrics.consume, ...(lines === undefined ? [] : [lines.consume])],
    lengthMax: queueMax,
  });
  return {
    stream,
    metrics,
    dropped: () => stream.counts.dropped + (lines?.counts.dropped ?? 0),
    async stop() {
      stream.deliver();
      await lines?.close();
    },
  };
}

/**
 * Metrics of the original's user-events service (PrometheusRecorder.scala), made from the stream of
 * user events: its names, labels and help texts.
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { ActivationEvent, UserEvent } from "../core/user-events.ts";

/** Actions, as seen by one caller each, that have metrics of their own; others share one. */
export const ACTIONS_MAX = 2000;
/** What stands in each label of that one. */
const OTHER = "(other)";

/** Seconds; the default of the original's library. */
const SECONDS = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
] as const;
const SIZE_STEPS = 10;

const STATUS = [
  "success",
  "application_error",
  "action_developer_error",
  "whisk_internal_error",
] as const;

const ACTION = ["namespace", "initiator", "action"] as const;
type ActionLabels = Record<(typeof ACTION)[number], string>;

export class UserEventMetrics {
  readonly registry = new Registry();
  private readonly known = new Map<string, ActionLabels>();
  private readonly activations: Counter;
  private readonly coldStarts: Counter;
  private readonly waitTime: Histogram;
  private readonly initTime: Histogram;
  private readonly duration: Histogram;
  private readonly size: Histogram;
  private readonly status: Counter;
  private readonly statusCode: Counter;
  private readonly memory: Gauge;
  private readonly concurrentLimit: Counter;
  private readonly timedLimit: Counter;

  /** `responseBytesMax` bounds the buckets of the response size. */
  constructor(responseBytesMax: number) {
    const registers = [this.registry];
    const counter = (name: string, help: string, labelNames: readonly string[]): Counter =>
      new Counter({ name, help, labelNames: [...labelNames], registers });
    const histogram = (name: string, help: string, buckets: readonly number[]): Histogram =>
      new Histogram({ name, help, labelNames: [...ACTION], buckets: [...buckets], registers });
    const prefix = "openwhisk_action";
    this.activations = counter(`${prefix}_activations_total`, "Activation Count", [
      ...ACTION,
      "kind",
      "memory",
    ]);
    this.coldStarts = counter(`${prefix}_coldStarts_total`, "Cold start counts", ACTION);
    this.waitTime = histogram(`${prefix}_waitTime_seconds`, "Internal system hold time", SECONDS);
    this.initTime = histogram(
      `${prefix}_initTime_seconds`,
      "Time it took to initialize an action, e.g. docker init",
      SECONDS,
    );
    this.duration = histogram(
      `${prefix}_duration_seconds`,
      "Actual time the action code was running",
      SECONDS,
    );
    this.size = histogram(
      `${prefix}_response_size_bytes`,
      "Activation Response size",
      Array.from({ length: SIZE_STEPS }, (_, at) => (responseBytesMax * (at + 1)) / SIZE_STEPS),
    );
    this.status = counter(`${prefix}_status`, "Activation failure status type", [
      ...ACTION,
      "status",
    ]);
    this.statusCode = counter(
      `${prefix}_status_code`,
      "status code returned in action result response set by developer",
      [...ACTION, "status_code"],
    );
    this.memory = new Gauge({
      name: `${prefix}_memory`,
      help: "Memory consumption of the action containers",
      labelNames: [...ACTION],
      registers,
    });
    this.concurrentLimit = counter(
      `${prefix}_limit_concurrent_total`,
      "a user has exceeded its limit for concurrent invocations",
      ["namespace"],
    );
    this.timedLimit = counter(
      `${prefix}_limit_timed_total`,
      "the user has reached its per minute limit for the number of invocations",
      ["namespace"],
    );
  }

  readonly consume = (events: readonly UserEvent[]): void => {
    for (const event of events) {
      if (event.eventType === "Activation") this.activation(event.body, event.namespace);
      else if (event.body.metricName === "ConcurrentRateLimit") {
        this.concurrentLimit.inc({ namespace: event.namespace });
      } else if (event.body.metricName === "TimedRateLimit") {
        this.timedLimit.inc({ namespace: event.namespace });
      }
    }
  };

  private activation(body: ActivationEvent, initiator: string): void {
    const labels = this.labels(body.name, initiator);
    const isOther = labels.action === OTHER;
    const shape = isOther
      ? { kind: OTHER, memory: OTHER }
      : { kind: body.kind, memory: String(body.memory) };
    this.activations.inc({ ...labels, ...shape });
    this.memory.set(labels, body.memory);
    if (body.initTime !== 0) {
      this.coldStarts.inc(labels);
      this.initTime.observe(labels, body.initTime / 1000);
    }
    this.waitTime.observe(labels, body.waitTime / 1000);
    this.duration.observe(labels, body.duration / 1000);
    this.status.inc({ ...labels, status: STATUS[body.statusCode] });
    if (body.size !== undefined) this.size.observe(labels, body.size);
    const { userDefinedStatusCode: code } = body;
    if (code !== undefined) this.statusCode.inc({ ...labels, status_code: codeLabel(code) });
  }

  /** "guest/pkg/hello" called from "alice". Names come from users: there must not be any number. */
  private labels(name: string, initiator: string): ActionLabels {
    const key = `${initiator}/${name}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    if (this.known.size >= ACTIONS_MAX) return ALL_OTHERS;
    const slash = name.indexOf("/");
    const labels = {
      namespace: name.slice(0, slash),
      initiator,
      action: name.slice(slash + 1),
    };
    this.known.set(key, labels);
    return labels;
  }
}

const ALL_OTHERS: ActionLabels = { namespace: OTHER, initiator: OTHER, action: OTHER };

/** An action may give any number; those of HTTP are told apart. */
function codeLabel(code: number): string {
  return code >= 100 && code <= 599 ? String(code) : OTHER;
}

/** Every metric of the program, under the original's names (docs/metrics.md). */
import type { InvokeService } from "../controller/service/invoke.ts";
import type { ContainerPool } from "../invoker/container-pool.ts";
import type { Invoker } from "../invoker/invoker.ts";
import type { MetricSource } from "../lib/metrics.ts";
import type { EntityCache } from "../store/entity-cache.ts";
import type { SqliteStore } from "../store/sqlite.ts";
import type { UserEvents } from "./user-events.ts";

export function metricSources(parts: {
  readonly pool: ContainerPool;
  readonly invoker: Invoker;
  readonly service: InvokeService;
  readonly store: SqliteStore;
  readonly entities: Pick<EntityCache, "counts">;
  /** MB that containers may have together. */
  readonly memoryMb: number;
  readonly events: UserEvents | undefined;
}): MetricSource[] {
  const { pool, invoker, service, store, entities, memoryMb, events } = parts;
  const counter = (name: string, help: string, read: MetricSource["read"]): MetricSource => ({
    name: `counter_${name}_total`,
    help,
    type: "counter",
    read,
  });
  const gauge = (name: string, help: string, read: MetricSource["read"]): MetricSource => ({
    name: `gauge_${name}`,
    help,
    type: "gauge",
    read,
  });
  return [
    counter("controller_startup_counter", "Starts of this process.", () => 1),
    counter(
      "controller_activation_start",
      "Invocations that nobody waits for.",
      () => service.counts.nonBlocking,
    ),
    counter(
      "controller_blockingActivation_start",
      "Blocking invocations.",
      () => service.counts.blocking,
    ),
    counter("database_cacheHit_counter", "Entities found in memory.", () => entities.counts.hits),
    counter(
      "database_cacheMiss_counter",
      "Entities read from the store.",
      () => entities.counts.misses,
    ),
    counter(
      "loadbalancer_activations_counter",
      "Activations handed to the invoker.",
      () => invoker.counts.submitted,
    ),
    {
      ...counter(
        "invoker_activation_finish",
        "Activations that ended, by status.",
        () => new Map(STATUS.map((status, code) => [status, invoker.counts.finished[code] ?? 0])),
      ),
      label: "status",
    },
    {
      ...counter(
        "invoker_containerStart_counter",
        "How activations got their container.",
        () =>
          new Map([
            ["cold", pool.counts.cold],
            ["prewarmed", pool.counts.prewarmed],
            ["warmed", pool.counts.warm],
          ]),
      ),
      label: "containerState",
    },
    counter(
      "containerPool_evicted_counter",
      "Idle containers that made room.",
      () => pool.counts.evicted,
    ),
    counter(
      "containerPool_startFailed_counter",
      "Containers that could not be started.",
      () => pool.counts.startFailed,
    ),
    counter(
      "database_recordsDropped_counter",
      "Activation records given up.",
      () => store.counters().recordsDropped,
    ),
    ...(events === undefined
      ? []
      : [
          counter(
            "userevents_published_counter",
            "User events, of activations and of throttles.",
            () => events.stream.counts.published,
          ),
          counter("userevents_dropped_counter", "User events given up.", () => events.dropped()),
        ]),
    gauge(
      "database_waitingBytes_counter",
      "Activation records not on disk yet, bytes.",
      () => store.counters().waitingBytes,
    ),
    gauge(
      "loadbalancer_totalCapacityManaged_counter",
      "Memory that containers may have together, MB.",
      () => memoryMb,
    ),
    gauge("loadbalancer_totalHealthyInvokerManaged_counter", "Invokers that take work.", () => 1),
    gauge(
      "loadbalancer_activationsInflight_counter",
      "Activations in flight.",
      () => invoker.inFlight,
    ),
    gauge(
      "controller_blockingActivation_counter",
      "Callers that wait for a result.",
      () => service.waiting,
    ),
    gauge(
      "containerPool_runBufferCount_counter",
      "Activations that wait for a container.",
      () => pool.stats.waiting,
    ),
    gauge(
      "containerPool_activeCount_counter",
      "Containers that are busy or on their way up.",
      () => pool.stats.containers - pool.stats.idle - pool.stats.prewarmed,
    ),
    gauge(
      "containerPool_idlesCount_counter",
      "Warm containers with nothing to do.",
      () => pool.stats.idle,
    ),
    gauge(
      "containerPool_prewarmCount_counter",
      "Prewarmed containers.",
      () => pool.stats.prewarmed,
    ),
    gauge(
      "containerPool_usedMemory_megabytes",
      "Memory given to containers, MB.",
      () => pool.stats.usedMb,
    ),
  ];
}

const STATUS = [
  "success",
  "application_error",
  "action_developer_error",
  "whisk_internal_error",
] as const;

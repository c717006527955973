/** The counter that a configuration asks for: where it counts, in which windows, how promptly. */
import type { PluginServices } from "../../plugin.ts";
import type { Counter } from "./counter.ts";
import { DelayedCounter } from "./delayed-counter.ts";
import { LocalFixedCounter, LocalSlidingCounter } from "./local-counter.ts";
import { RedisClients } from "./redis-clients.ts";
import { RedisFixedCounter, RedisSlidingCounter } from "./redis-counter.ts";
import type { RedisConf } from "./redis-schema.ts";
import type { Limit } from "./window-counter.ts";

export type CountingConf = RedisConf & {
  readonly window_type: "fixed" | "sliding";
  readonly sync_interval: number;
};

/** Keys in Redis; the number is that of the format of what is stored. */
const KEY_PREFIX = "plugin-limit-count:v1:";

export class RateCounters {
  private readonly services: PluginServices;
  private readonly clients: RedisClients;
  private readonly fixed: Counter;
  private readonly sliding: Counter;
  private readonly remote = new WeakMap<CountingConf, Counter>();
  private readonly delayed = new Set<DelayedCounter>();

  constructor(services: PluginServices) {
    this.services = services;
    this.clients = new RedisClients(services.log);
    this.fixed = new LocalFixedCounter(services.now);
    this.sliding = new LocalSlidingCounter(services.now);
  }

  of(conf: CountingConf): Counter {
    if (conf.policy === "local") return conf.window_type === "fixed" ? this.fixed : this.sliding;
    const known = this.remote.get(conf);
    if (known !== undefined) return known;
    const made = this.connect(conf);
    this.remote.set(conf, made);
    return made;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.delayed].map((counter) => counter.stop()));
    this.clients.stop();
  }

  private connect(conf: CountingConf): Counter {
    const { clients } = this;
    const { now } = this.services;
    const shared =
      conf.window_type === "fixed"
        ? new RedisFixedCounter(clients, conf)
        : new RedisSlidingCounter(clients, conf, now);
    const { sync_interval: intervalSeconds } = conf;
    if (intervalSeconds < 0) return prefixed(shared);
    const fallback = conf.window_type === "fixed" ? this.fixed : this.sliding;
    const delayed = new DelayedCounter({ shared, fallback, intervalSeconds, now });
    this.delayed.add(delayed);
    return prefixed(delayed);
  }
}

function prefixed(counter: Counter): Counter {
  return {
    take: (key: string, limit: Limit, cost: number) =>
      counter.take(`${KEY_PREFIX}${key}`, limit, cost),
  };
}

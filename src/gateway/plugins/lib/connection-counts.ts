/** Requests that are under way per key: in memory, or in Redis for several gateways. */
import { randomUUID } from "node:crypto";
import type { PluginServices } from "../../plugin.ts";
import { RedisClients, RedisScript } from "./redis-clients.ts";
import { numbers } from "./redis-counter.ts";
import type { RedisConf } from "./redis-schema.ts";

const KEY_TTL_SECONDS = 3600;

/** A place among those under way; `release` gives it back, once. */
export type Place = { readonly count: number; readonly release: () => void };

/** KEYS: set of requests by the second they expire; ARGV: limit, seconds to live, now, request. */
const ENTER = new RedisScript(`
local ttl, now = tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('zremrangebyscore', KEYS[1], 0, now)
local count = redis.call('zcard', KEYS[1])
if count >= tonumber(ARGV[1]) then
  return {0, count}
end
redis.call('zadd', KEYS[1], now + ttl, ARGV[4])
redis.call('expire', KEYS[1], ttl)
return {1, count + 1}
`);

const LEAVE = new RedisScript("return redis.call('zrem', KEYS[1], ARGV[1])");

export class ConnectionCounts {
  private readonly services: PluginServices;
  private readonly clients: RedisClients;
  /** As many as there are keys with requests under way. */
  private readonly local = new Map<string, number>();

  constructor(services: PluginServices) {
    this.services = services;
    this.clients = new RedisClients(services.log);
  }

  /** Undefined: there are `max` already. Rejects when Redis cannot be used. */
  enter(
    conf: RedisConf & { readonly key_ttl?: number },
    key: string,
    max: number,
  ): Place | undefined | Promise<Place | undefined> {
    if (conf.policy !== "local") return this.enterShared(conf, `limit_conn:${key}`, max);
    const count = (this.local.get(key) ?? 0) + 1;
    if (count > max) return undefined;
    this.local.set(key, count);
    return { count, release: () => this.leave(key) };
  }

  stop(): void {
    this.clients.stop();
  }

  private leave(key: string): void {
    const rest = (this.local.get(key) ?? 0) - 1;
    if (rest > 0) this.local.set(key, rest);
    else this.local.delete(key);
  }

  private async enterShared(
    conf: RedisConf & { readonly key_ttl?: number },
    key: string,
    max: number,
  ): Promise<Place | undefined> {
    const request = randomUUID();
    const now = Math.floor(this.services.now() / 1000);
    const args = [max, conf.key_ttl ?? KEY_TTL_SECONDS, now, request];
    const [allowed, count = 0] = numbers(await this.clients.run(conf, ENTER, key, args), 2);
    if (allowed !== 1) return undefined;
    const release = (): void => {
      this.clients.run(conf, LEAVE, key, [request]).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        this.services.log("error", "failed to record the connection leaving request", { reason });
      });
    };
    return { count, release };
  }
}

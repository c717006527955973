/** Counters in Redis: for all gateways that share it. The scripts run there in one step. */
import type { SharedCounter } from "./counter.ts";
import { type RedisClients, RedisScript } from "./redis-clients.ts";
import type { RedisConf } from "./redis-schema.ts";
import { type Count, type Limit, slidingResult, windowAt } from "./window-counter.ts";

/** KEYS: counter; ARGV: window in seconds, cost. Answers what was counted, and ms to its end. */
const FIXED = new RedisScript(`
local left = redis.call('pttl', KEYS[1])
if left < 0 then
  redis.call('set', KEYS[1], ARGV[2], 'EX', ARGV[1])
  return {tonumber(ARGV[2]), ARGV[1] * 1000}
end
return {redis.call('incrby', KEYS[1], ARGV[2]), left}
`);

export class RedisFixedCounter implements SharedCounter {
  private readonly clients: RedisClients;
  private readonly conf: RedisConf;

  constructor(clients: RedisClients, conf: RedisConf) {
    this.clients = clients;
    this.conf = conf;
  }

  async take(key: string, { count, window }: Limit, cost: number): Promise<Count> {
    const answer = await this.clients.run(this.conf, FIXED, key, [window, cost]);
    const [counted, leftMs] = numbers(answer, 2);
    const remaining = count - (counted ?? 0);
    return {
      isAllowed: remaining >= 0,
      remaining: Math.max(remaining, 0),
      resetSeconds: (leftMs ?? 0) / 1000,
    };
  }

  add(key: string, limit: Limit, cost: number): Promise<Count> {
    return this.take(key, limit, cost);
  }
}

/**
 * KEYS: counter of this window; ARGV: cost, limit, window, seconds left, seconds to live, count of
 * the window before, whether to count in any case. Answers whether it was counted, and the count.
 */
const SLIDING = new RedisScript(`
local cost, limit, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local last = math.min(tonumber(ARGV[6]), limit)
local isNew = redis.call('pttl', KEYS[1]) < 0
local count = isNew and 0 or tonumber(redis.call('get', KEYS[1]) or 0)
local estimated = last / window * tonumber(ARGV[4]) + count
if ARGV[7] == '0' and (count >= limit or estimated >= limit) then
  return {0, count}
end
if isNew then
  redis.call('set', KEYS[1], cost, 'EX', ARGV[5])
  return {1, cost}
end
return {1, redis.call('incrby', KEYS[1], cost)}
`);

export class RedisSlidingCounter implements SharedCounter {
  private readonly clients: RedisClients;
  private readonly conf: RedisConf;
  private readonly now: () => number;

  constructor(clients: RedisClients, conf: RedisConf, now: () => number) {
    this.clients = clients;
    this.conf = conf;
    this.now = now;
  }

  take(key: string, limit: Limit, cost: number): Promise<Count> {
    return this.count(key, limit, cost, false);
  }

  add(key: string, limit: Limit, cost: number): Promise<Count> {
    return this.count(key, limit, cost, true);
  }

  private async count(key: string, limit: Limit, cost: number, inAnyCase: boolean): Promise<Count> {
    const { id, remainingSeconds } = windowAt(this.now(), limit.window);
    // The window before is over and no longer changes: it need not be read in the same step.
    const before = Number((await this.clients.get(this.conf, `${key}.${id - 1}.counter`)) ?? 0);
    const { count, window } = limit;
    const args = [cost, count, window, remainingSeconds, window * 2, before, inAnyCase ? 1 : 0];
    const answer = await this.clients.run(this.conf, SLIDING, `${key}.${id}.counter`, args);
    const [isCounted, counted = 0] = numbers(answer, 2);
    const last = Math.min(before, count);
    const result = slidingResult(
      { count: counted, last, remainingSeconds },
      limit,
      isCounted === 1,
    );
    return inAnyCase ? { ...result, remaining: Math.max(result.remaining, 0) } : result;
  }
}

/** What a script answers: a list of so many numbers. */
export function numbers(answer: unknown, length: number): number[] {
  const list = Array.isArray(answer) ? answer.map(Number) : [];
  if (list.length === length && !list.some(Number.isNaN)) return list;
  throw new Error("malformed redis response");
}

/** Leaky buckets in Redis, for all gateways that share it. */
import type { BucketConf, Pace } from "./leaky-bucket.ts";
import { type RedisClients, RedisScript } from "./redis-clients.ts";
import { numbers } from "./redis-counter.ts";
import type { RedisConf } from "./redis-schema.ts";

/** KEYS: bucket; ARGV: rate, burst, now in ms, seconds to live. Texts keep fractions. */
const DRIP = new RedisScript(`
local rate, burst, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local state = redis.call('hmget', KEYS[1], 'excess', 'last')
local excess = 0
if state[1] and state[2] then
  local seconds = math.abs(now - tonumber(state[2])) / 1000
  excess = math.max(tonumber(state[1]) - rate * seconds + 1, 0)
  if excess > burst then
    return {0, tostring(excess)}
  end
end
redis.call('hset', KEYS[1], 'excess', tostring(excess), 'last', ARGV[3])
redis.call('expire', KEYS[1], ARGV[4])
return {1, tostring(excess)}
`);

/** Rejects when Redis cannot be used. */
export async function dripInRedis(
  clients: RedisClients,
  conf: RedisConf & BucketConf,
  key: string,
  now: number,
): Promise<Pace> {
  const { rate, burst } = conf;
  const seconds = Math.ceil(burst / rate) + 1;
  const answer = await clients.run(conf, DRIP, `limit_req:${key}`, [rate, burst, now, seconds]);
  const [allowed, excess = 0] = numbers(answer, 2);
  return { isAllowed: allowed === 1, delaySeconds: excess / rate };
}

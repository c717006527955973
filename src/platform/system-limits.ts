import type { Config } from "../config/config.ts";
import { type SystemLimits, UNLIMITED } from "../core/limits.ts";

/** The limits of the API as the configuration states them. */
export function systemLimits(config: Config): SystemLimits {
  const { timeout, memory, logs, concurrency } = config.action;
  const { throttle } = config;
  const rate = (value: number | "off"): number => (value === "off" ? UNLIMITED : value);
  return {
    timeout: { min: timeout.minMs, max: timeout.maxMs, std: timeout.defaultMs },
    memory: { min: memory.minMb, max: memory.maxMb, std: memory.defaultMb },
    logs: { min: logs.minMb, max: logs.maxMb, std: logs.defaultMb },
    concurrency: { min: concurrency.min, max: concurrency.max, std: concurrency.default },
    codeBytesMax: config.action.codeBytesMax,
    parameterBytesMax: config.action.parametersBytesMax,
    payloadBytesMax: config.payload.bytesMax,
    truncationBytes: config.response.truncationBytes,
    sequenceLengthMax: 50,
    invocationsPerMinute: rate(throttle.invocationsPerMinute),
    concurrentInvocations: rate(throttle.concurrent),
    firesPerMinute: rate(throttle.firesPerMinute),
  };
}

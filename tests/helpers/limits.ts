import { type SystemLimits, UNLIMITED } from "../../src/core/limits.ts";

const MIB = 1024 * 1024;

/** Stock values of the original, for `--limits original`. */
export const ORIGINAL_LIMITS: SystemLimits = {
  timeout: { min: 100, max: 300_000, std: 60_000 },
  memory: { min: 128, max: 512, std: 256 },
  logs: { min: 0, max: 10, std: 10 },
  concurrency: { min: 1, max: 1, std: 1 },
  codeBytesMax: 48 * MIB,
  parameterBytesMax: MIB,
  payloadBytesMax: MIB,
  truncationBytes: MIB,
  sequenceLengthMax: 50,
  invocationsPerMinute: 60,
  concurrentInvocations: 30,
  firesPerMinute: 60,
};

/** Ours: no quotas on a laptop, and containers that admit several activations at once. */
export const DEFAULT_LIMITS: SystemLimits = {
  ...ORIGINAL_LIMITS,
  concurrency: { min: 1, max: 500, std: 1 },
  invocationsPerMinute: UNLIMITED,
  concurrentInvocations: UNLIMITED,
  firesPerMinute: UNLIMITED,
};

/** GET …/limits: what holds for the caller's namespace (openwhisk-api.md 10). */
import type { NamespaceLimits } from "../../core/documents.ts";
import { PlatformError } from "../../core/errors.ts";
import { effectiveLimits, type SystemLimits } from "../../core/limits.ts";
import type { Handler } from "./handler.ts";
import { ok } from "./reply.ts";

/** GET /limits and /limits/; anything below is refused as in the original. */
export function createLimitsHandler(system: SystemLimits): Handler {
  return async ({ identity, rest }) => {
    if ((rest[0] ?? "") !== "") {
      throw new PlatformError(
        "VALIDATION",
        "Inner entity level routes for limits are not yet implemented.",
      );
    }
    return ok(limitsWire(system, identity.limits));
  };
}

/** Memory and logs in MB, timeouts in ms, sizes as texts. */
function limitsWire(system: SystemLimits, own: NamespaceLimits): Record<string, unknown> {
  const limits = effectiveLimits(system, own);
  return {
    invocationsPerMinute: limits.invocationsPerMinute,
    concurrentInvocations: limits.concurrentInvocations,
    firesPerMinute: limits.firesPerMinute,
    // Shown only when the namespace has them; undefined members are not written.
    allowedKinds: own.allowedKinds,
    storeActivations: own.storeActivations,
    minActionMemory: limits.memory.min,
    maxActionMemory: limits.memory.max,
    minActionLogs: limits.logs.min,
    maxActionLogs: limits.logs.max,
    minActionTimeout: limits.timeout.min,
    maxActionTimeout: limits.timeout.max,
    minActionConcurrency: limits.concurrency.min,
    maxActionConcurrency: limits.concurrency.max,
    maxParameterSize: `${limits.parameterBytesMax} B`,
    maxPayloadSize: own.maxPayloadSize,
    truncationSize: own.truncationSize,
    maxActionInstances: limits.concurrentInvocations,
  };
}

/**
 * Runs a sequence: its components one after another, each with the result of the one before
 * (openwhisk-web-and-composition.md 2.2).
 */
import {
  applicationError,
  type PartResponse,
  SEQUENCE_TEXT,
  whiskError,
} from "../../../core/composition.ts";
import type { EntityRef } from "../../../core/documents.ts";
import { PlatformError } from "../../../core/errors.ts";
import type { Invocable, SequenceAction } from "../../../core/executable-action.ts";
import { componentRefs } from "../../../core/sequence.ts";
import {
  type CompositionCall,
  type CompositionPorts,
  note,
  type Progress,
  partOf,
  type SequenceBudget,
} from "./part.ts";

export async function runSequence(
  ports: CompositionPorts,
  call: CompositionCall & { readonly action: SequenceAction },
  budget: SequenceBudget,
  progress: Progress,
): Promise<PartResponse> {
  // All are looked up before the first runs: an update in between does not mix two versions.
  const components = await Promise.all(
    componentRefs(call.action.components, call.identity.namespace.name).map((ref) =>
      lookUp(ports, call, ref),
    ),
  );
  let response: PartResponse = { statusCode: 0, result: call.input };
  for (const component of components) {
    if (budget.actions <= 0) return applicationError(SEQUENCE_TEXT.tooLong);
    if (component === "missing") return applicationError(SEQUENCE_TEXT.missing);
    if (component === "failed") return whiskError(SEQUENCE_TEXT.failed);
    const request = partOf(call, component, response.result);
    const isSequence = component.type === "sequence";
    if (!isSequence) budget.actions -= 1;
    const outcome = await (isSequence ? ports.sequence(request, budget) : ports.part(request));
    note(progress, outcome);
    if (outcome.type === "failed") return whiskError(SEQUENCE_TEXT.failed);
    if (outcome.type === "timeout") return whiskError(SEQUENCE_TEXT.timeout(outcome.activationId));
    response = outcome.response;
    if (response.statusCode !== 0) return response;
  }
  return response;
}

async function lookUp(
  ports: CompositionPorts,
  { identity }: CompositionCall,
  ref: EntityRef,
): Promise<Invocable | "missing" | "failed"> {
  try {
    return await ports.find(identity, ref);
  } catch (cause) {
    return cause instanceof PlatformError && MISSING.has(cause.code) ? "missing" : "failed";
  }
}

/** Gone, turned into something else, or no longer open to this namespace. */
const MISSING: ReadonlySet<string> = new Set(["NOT_FOUND", "WRONG_COLLECTION", "FORBIDDEN"]);

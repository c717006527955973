/**
 * Runs a composition: a conductor action says what to invoke next, and gets its result
 * (openwhisk-web-and-composition.md 3). A component that cannot be invoked is told to the
 * conductor, which decides what that means.
 */
import {
  applicationError,
  asObject,
  CONDUCTOR_TEXT,
  type ConductorStep,
  componentRef,
  conductorStep,
  type PartResponse,
  whiskError,
  withState,
} from "../../../core/composition.ts";
import type { Json, JsonObject } from "../../../core/documents.ts";
import { refId } from "../../../core/entity-ref.ts";
import { PlatformError } from "../../../core/errors.ts";
import type { ExecutableAction, Invocable } from "../../../core/executable-action.ts";
import { compactJson, parseJson } from "../../../lib/json.ts";
import {
  type CompositionCall,
  type CompositionPorts,
  type ConductorBudget,
  note,
  type PartOutcome,
  type Progress,
  partOf,
} from "./part.ts";

type ConductorCall = CompositionCall & { readonly action: ExecutableAction };

export async function runConductor(
  ports: CompositionPorts,
  call: ConductorCall,
  budget: ConductorBudget,
  progress: Progress,
): Promise<PartResponse> {
  let input = call.input;
  while (budget.conductors > 0) {
    budget.conductors -= 1;
    const outcome = await ports.code(partOf(call, call.action, input));
    note(progress, outcome);
    if (outcome.type !== "ended") return unanswered(outcome);
    const step = conductorStep(asObject(parseJson(outcome.response.result) as Json));
    if (step.type === "end") {
      return { statusCode: outcome.response.statusCode, result: compactJson(step.result) };
    }
    const reply = await component(ports, call, step, budget, progress);
    if ("response" in reply) return reply.response;
    input = compactJson(withState(reply.input, step.state));
  }
  return applicationError(CONDUCTOR_TEXT.tooLong);
}

/** Either the conductor's next input, or the end of the composition. */
type Reply = { readonly input: JsonObject } | { readonly response: PartResponse };

async function component(
  ports: CompositionPorts,
  call: ConductorCall,
  step: ConductorStep & { readonly type: "invoke" },
  budget: ConductorBudget,
  progress: Progress,
): Promise<Reply> {
  const ref = componentRef(step.action, call.identity.namespace.name);
  if (ref === undefined) return { input: { error: CONDUCTOR_TEXT.badName(step.action) } };
  if (budget.components <= 0) return { input: { error: CONDUCTOR_TEXT.tooLong } };
  let action: Invocable;
  try {
    action = await ports.find(call.identity, ref);
  } catch (cause) {
    const isForbidden = cause instanceof PlatformError && cause.code === "FORBIDDEN";
    const text = isForbidden ? CONDUCTOR_TEXT.forbidden : CONDUCTOR_TEXT.missing;
    return { input: { error: text(refId(ref)) } };
  }
  const request = partOf(call, action, compactJson(step.params));
  const isNested = action.type === "code" && action.isConductor;
  if (!isNested) budget.components -= 1;
  const outcome = await (isNested ? ports.conductor(request, budget) : ports.part(request));
  note(progress, outcome);
  if (outcome.type !== "ended") return { response: unanswered(outcome) };
  return { input: asObject(parseJson(outcome.response.result) as Json) };
}

function unanswered(outcome: Exclude<PartOutcome, { readonly type: "ended" }>): PartResponse {
  return outcome.type === "failed"
    ? whiskError(CONDUCTOR_TEXT.failed)
    : whiskError(CONDUCTOR_TEXT.timeout(outcome.activationId));
}

/** The body of `PUT …/actions/NAME`: reading it, and the sizes that it may have. */
import { readOptional, readStrings, requireRecord } from "./content.ts";
import type { Json, Limits, Parameter } from "./documents.ts";
import { type HeadPut, readHead } from "./entity-head.ts";
import { PlatformError } from "./errors.ts";
import { type ExecRequest, execSize, parseExec } from "./exec.ts";
import type { KindTable } from "./kinds.ts";
import { type EffectiveLimits, parseLimits, type SystemLimits } from "./limits.ts";
import { parametersSize, parseParameters } from "./parameters.ts";

/** The members whose size is checked before the rest of the body is looked at. */
export type SizedPut = {
  readonly exec?: ExecRequest | undefined;
  readonly parameters?: readonly Parameter[] | undefined;
  readonly annotations?: readonly Parameter[] | undefined;
};

export type ActionPut = HeadPut &
  SizedPut & {
    readonly limits?: Partial<Limits> | undefined;
    readonly delAnnotations?: readonly string[] | undefined;
  };

/** First reading (openwhisk-api.md 1.6, step 5). Throws `CONTENT_MALFORMED`, `UNSUPPORTED`. */
export function parseSizedPut(body: Json, kinds: KindTable): SizedPut {
  const object = requireRecord(body, "exec");
  return {
    exec: readOptional(object, "exec", (value) => parseExec(value, kinds)),
    parameters: readOptional(object, "parameters", parseParameters),
    annotations: readOptional(object, "annotations", parseParameters),
  };
}

/** The rest of the body. Throws `CONTENT_MALFORMED`. */
export function parseActionPut(body: Json, sized: SizedPut): ActionPut {
  const object = requireRecord(body, "exec");
  return {
    ...sized,
    limits: readOptional(object, "limits", parseLimits),
    ...readHead(object),
    delAnnotations: readOptional(object, "delAnnotations", readStrings),
  };
}

/** Throws `TOO_LARGE` for the first of exec, parameters, annotations that is over its limit. */
export function checkSizes(put: SizedPut, system: SystemLimits, bounds: EffectiveLimits): void {
  const max = bounds.parameterBytesMax;
  checkSize("exec", put.exec === undefined ? 0 : execSize(put.exec), system.codeBytesMax);
  checkSize("parameters", parametersSize(put.parameters ?? []), max);
  checkSize("annotations", parametersSize(put.annotations ?? []), max);
}

function checkSize(what: string, is: number, max: number): void {
  if (is <= max) return;
  throw new PlatformError("TOO_LARGE", `${what} larger than allowed: ${is} > ${max} bytes.`);
}

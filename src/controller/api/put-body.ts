/** What is done first with the body of every PUT (openwhisk-api.md 1.6, step 5). */
import { checkSizes, parseSizedPut, type SizedPut } from "../../core/action-put.ts";
import type { Json } from "../../core/documents.ts";
import type { KindTable } from "../../core/kinds.ts";
import { type EffectiveLimits, effectiveLimits, type SystemLimits } from "../../core/limits.ts";
import type { ApiRequest } from "./handler.ts";
import { readJson } from "./json-body.ts";
import { booleanParameter, parseQuery } from "./query.ts";

export type PutDeps = { readonly kinds: KindTable; readonly limits: SystemLimits };

export type PutBody = {
  readonly body: Json;
  /** The members that have been read and are not too large. */
  readonly sized: SizedPut;
  readonly overwrite: boolean;
  /** What holds for the caller. */
  readonly bounds: EffectiveLimits;
};

/** Throws `CONTENT_TYPE`, `CONTENT_MALFORMED`, then `TOO_LARGE`, then `QUERY_MALFORMED`. */
export async function readPut(deps: PutDeps, request: ApiRequest): Promise<PutBody> {
  const bounds = effectiveLimits(deps.limits, request.identity.limits);
  const body = readJson(request.headers, await request.body());
  const sized = parseSizedPut(body, deps.kinds);
  checkSizes(sized, deps.limits, bounds);
  const overwrite = booleanParameter(parseQuery(request.query), "overwrite", false);
  return { body, sized, overwrite, bounds };
}

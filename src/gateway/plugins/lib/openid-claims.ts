/** What must hold of the claims of a token that is genuine (apisix/plugins/openid-connect.lua). */
import type { JsonObject } from "../../../core/documents.ts";
import { Validator } from "../../schema/validator.ts";
import type { OpenidConf } from "./openid-conf.ts";

/** Text of the answer 403; undefined: the scopes and the audience are right. Pure. */
export function claimsRefusal(conf: OpenidConf, claims: JsonObject): string | undefined {
  return scopeRefusal(conf, claims) ?? audienceRefusal(conf, claims);
}

function scopeRefusal(
  { required_scopes: required }: OpenidConf,
  { scope }: JsonObject,
): string | undefined {
  if (required === undefined) return undefined;
  const granted = typeof scope === "string" ? scope.split(/\s+/) : [];
  if (required.every((one) => granted.includes(one))) return undefined;
  return `required scopes ${required.join(", ")} not present`;
}

function audienceRefusal(conf: OpenidConf, claims: JsonObject): string | undefined {
  const {
    claim = "aud",
    required,
    match_with_client_id: mustMatch,
  } = conf.claim_validator?.audience ?? {};
  const audience = claims[claim];
  const isMissing = audience === undefined || audience === null || audience === false;
  // What must match must be there.
  if (isMissing) return required || mustMatch ? "required audience claim not present" : undefined;
  if (!mustMatch) return undefined;
  const matches = Array.isArray(audience)
    ? audience.includes(conf.client_id)
    : audience === conf.client_id;
  return matches ? undefined : "mismatched audience";
}

const validators = new WeakMap<JsonObject, Validator>();

/** What of the claims is not as `claim_schema` says. */
export function claimSchemaProblem(
  { claim_schema: schema }: OpenidConf,
  claims: JsonObject,
): string | undefined {
  if (schema === undefined) return undefined;
  const validator = validators.get(schema) ?? new Validator(schema);
  validators.set(schema, validator);
  return validator.check(claims).problem;
}

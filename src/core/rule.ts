/**
 * Rules: what a PUT makes of one, its states, how one looks on the wire (openwhisk-api.md 8). Pure.
 */
import {
  quoteText,
  quoteValue,
  readBoolean,
  readOptional,
  requireObject,
  requireRecord,
} from "./content.ts";
import type {
  EntityRef,
  Json,
  JsonObject,
  Parameter,
  RuleDocument,
  RuleStatus,
} from "./documents.ts";
import { inNamespace, parseEntityRef } from "./entity-ref.ts";
import { badContent, PlatformError } from "./errors.ts";
import { parametersWire } from "./parameters.ts";
import { FIRST_VERSION, nextPatch, parseVersion } from "./version.ts";

export type RulePut = {
  readonly trigger?: EntityRef | undefined;
  readonly action?: EntityRef | undefined;
  readonly annotations?: readonly Parameter[] | undefined;
  readonly version?: string | undefined;
  readonly publish?: boolean | undefined;
};

/** `sized` was read before; "_" in references is `namespace`. Throws `CONTENT_MALFORMED`. */
export function parseRulePut(
  body: Json,
  sized: Pick<RulePut, "annotations">,
  namespace: string,
): RulePut {
  const object = requireRecord(body, "trigger");
  const reference = (value: Json): EntityRef => inNamespace(parseEntityRef(value), namespace);
  return {
    trigger: readOptional(object, "trigger", reference),
    action: readOptional(object, "action", reference),
    annotations: sized.annotations,
    version: readOptional(object, "version", parseVersion),
    publish: readOptional(object, "publish", readBoolean),
  };
}

/** The body of a POST: `{"status": "active"}`. Throws `CONTENT_MALFORMED`. */
export function parseRuleStatus(body: Json): RuleStatus {
  const { status } = requireObject(body);
  if (status === undefined) throw badContent("key not found: status");
  if (status === "active" || status === "inactive") return status;
  const shown = typeof status === "string" ? quoteText(status) : quoteValue(status);
  throw badContent(`requirement failed: ${shown} is not a recognized rule state`);
}

/** `now` in ms epoch. Throws `BAD_REQUEST` without trigger or action. */
export function createRule(
  namespace: string,
  name: string,
  put: RulePut,
  now: number,
): RuleDocument {
  const { trigger, action } = put;
  if (trigger === undefined || action === undefined) {
    const text = "rule requires a valid trigger and a valid action";
    throw new PlatformError("BAD_REQUEST", text);
  }
  return {
    entityType: "rule",
    namespace,
    name,
    version: put.version ?? FIRST_VERSION,
    publish: put.publish ?? false,
    updated: now,
    annotations: put.annotations ?? [],
    trigger,
    action,
  };
}

/** Every member of the PUT replaces the old one as a whole. */
export function updateRule(document: RuleDocument, put: RulePut, now: number): RuleDocument {
  return {
    ...document,
    version: put.version ?? nextPatch(document.version),
    publish: put.publish ?? document.publish,
    updated: now,
    annotations: put.annotations ?? document.annotations,
    trigger: put.trigger ?? document.trigger,
    action: put.action ?? document.action,
  };
}

/** The rule as clients see it; one item of a list has no status. */
export function ruleWire(document: RuleDocument, status?: RuleStatus): JsonObject {
  return {
    namespace: document.namespace,
    name: document.name,
    version: document.version,
    publish: document.publish,
    updated: document.updated,
    annotations: parametersWire(document.annotations),
    ...(status === undefined ? {} : { status }),
    trigger: { ...document.trigger },
    action: { ...document.action },
  };
}

/**
 * Rules: what a PUT makes of one, its states, how one looks on the wire (openwhisk-api.md 8). Pure.
 */
import { quoteText, quoteValue, readOptional, requireObject, requireRecord } from "./content.ts";
import type {
  EntityRef,
  Json,
  JsonObject,
  Parameter,
  RuleDocument,
  RuleStatus,
} from "./documents.ts";
import { type HeadPut, headWire, newHead, nextHead, readHead } from "./entity-head.ts";
import { inNamespace, parseEntityRef } from "./entity-ref.ts";
import { badContent, PlatformError } from "./errors.ts";
import { parametersWire } from "./parameters.ts";

export type RulePut = HeadPut & {
  readonly trigger?: EntityRef | undefined;
  readonly action?: EntityRef | undefined;
  readonly annotations?: readonly Parameter[] | undefined;
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
    ...readHead(object),
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
    ...newHead(namespace, name, put, now),
    annotations: put.annotations ?? [],
    trigger,
    action,
  };
}

/** Every member of the PUT replaces the old one as a whole. */
export function updateRule(document: RuleDocument, put: RulePut, now: number): RuleDocument {
  return {
    ...document,
    ...nextHead(document, put, now),
    annotations: put.annotations ?? document.annotations,
    trigger: put.trigger ?? document.trigger,
    action: put.action ?? document.action,
  };
}

/** The rule as clients see it; one item of a list has no status. */
export function ruleWire(document: RuleDocument, status?: RuleStatus): JsonObject {
  return {
    ...headWire(document),
    annotations: parametersWire(document.annotations),
    ...(status === undefined ? {} : { status }),
    trigger: { ...document.trigger },
    action: { ...document.action },
  };
}

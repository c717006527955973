/**
 * Rights to what something refers to: the trigger and the action of a rule, the components of a
 * sequence (openwhisk-api.md 3.3, 4.8, 8).
 */
import type { EntityRef, Identity } from "../../core/documents.ts";
import { refId } from "../../core/entity-ref.ts";
import type { Invocable } from "../../core/executable-action.ts";
import { componentRefs } from "../../core/sequence.ts";
import { findPackage, forbidden, packageOf, type Reads } from "./find-action.ts";

/**
 * A packaged action asks for its package, and what that throws is thrown; all others must be in the
 * caller's namespace, and those that are not are refused together.
 */
export function* checkReferences(
  identity: Identity,
  references: { readonly triggers: readonly EntityRef[]; readonly actions: readonly EntityRef[] },
): Reads<void> {
  const denied = new Set<string>();
  const packages = new Map<string, EntityRef>();
  const check = (ref: EntityRef): void => {
    const [namespace] = ref.path.split("/");
    if (namespace !== identity.namespace.name) denied.add(refId(ref));
  };
  for (const trigger of references.triggers) check(trigger);
  for (const action of references.actions) {
    const home = packageOf(action);
    if (home === undefined) check(action);
    else packages.set(action.path, home);
  }
  for (const home of packages.values()) yield* findPackage(identity, home);
  if (denied.size > 0) throw forbidden([...denied]);
}

/** The right to a sequence is not the right to what it is made of. Throws as `checkReferences`. */
export function* checkComponents(identity: Identity, action: Invocable): Reads<void> {
  if (action.type !== "sequence") return;
  const actions = componentRefs(action.components, identity.namespace.name);
  yield* checkReferences(identity, { triggers: [], actions });
}

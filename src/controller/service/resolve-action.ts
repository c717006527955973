/** From a name to the stored action, through a binding, for whoever has the right to it already. */
import type { ActionDocument, EntityRef } from "../../core/documents.ts";
import { refId } from "../../core/entity-ref.ts";
import { PlatformError } from "../../core/errors.ts";
import { bindingOf } from "../../core/package.ts";
import { isAction } from "../../store/entity-cache.ts";
import { packageOf, type Reads } from "./find-action.ts";

/** Bindings of bindings come up only when a provider is made anew as one: they are never long. */
const BINDINGS_MAX = 10;

/** "guest/pkg/hello": where the action is or would be; undefined when its package is not there. */
export function* resolveActionId(ref: EntityRef): Reads<string | undefined> {
  let home = packageOf(ref);
  if (home === undefined) return refId(ref);
  for (let followed = 0; followed < BINDINGS_MAX; followed += 1) {
    const entity = yield refId(home);
    if (entity === undefined) return undefined;
    if (entity.document.entityType !== "package") throw new PlatformError("WRONG_COLLECTION");
    const binding = bindingOf(entity.document);
    if (binding === undefined) return `${refId(home)}/${ref.name}`;
    home = { path: binding.namespace, name: binding.name };
  }
  return undefined;
}

/** Undefined when there is none of that name. Throws `WRONG_COLLECTION`. */
export function* storedAction(id: string | undefined): Reads<ActionDocument | undefined> {
  const entity = id === undefined ? undefined : yield id;
  if (entity === undefined) return undefined;
  if (!isAction(entity)) throw new PlatformError("WRONG_COLLECTION");
  return entity.document;
}

/**
 * Whether a sequence may be written: it does not lead to itself, and what it comes to, nested
 * sequences counted by their parts, is not too long (openwhisk-api.md 4.8).
 */
import { type EntityRef, isSequence } from "../../core/documents.ts";
import {
  checkComponentCount,
  componentMissing,
  componentRefs,
  cyclic,
  tooLong,
} from "../../core/sequence.ts";
import type { Reads } from "./find-action.ts";
import { resolveActionId, storedAction } from "./resolve-action.ts";

type Walk = {
  /** The sequence that is written, then the nested ones from the outermost to this one. */
  readonly above: readonly string[];
  readonly lengthMax: number;
  /** Actions that are no sequences, so far. */
  actions: number;
};

/** `id` is the sequence's own. Throws `BAD_REQUEST`, `WRONG_COLLECTION`. */
export function* checkSequence(
  id: string,
  components: readonly EntityRef[],
  lengthMax: number,
): Reads<void> {
  checkComponentCount(components.length, lengthMax);
  yield* countActions(components, { above: [id], lengthMax, actions: 0 });
}

/** Stops at the first action too many: components may have grown since they were checked. */
function* countActions(components: readonly EntityRef[], walk: Walk): Reads<number> {
  if (components.length > walk.lengthMax) throw tooLong();
  let { actions } = walk;
  for (const component of components) {
    const id = yield* resolveActionId(component);
    if (id !== undefined && walk.above.includes(id)) throw cyclic();
    const action = yield* storedAction(id);
    if (id === undefined || action === undefined) throw componentMissing();
    if (isSequence(action.exec)) {
      const nested = componentRefs(action.exec.components, component.path.split("/")[0] ?? "");
      actions = yield* countActions(nested, { ...walk, above: [...walk.above, id], actions });
    } else {
      actions += 1;
    }
    if (actions > walk.lengthMax) throw tooLong();
  }
  return actions;
}

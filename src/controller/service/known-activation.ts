/** Whether an activation that may have been begun before is there. */
import type { AcceptedStore, ActivationStore } from "../../store/store.ts";

export type KnownDeps = {
  readonly accepted: Pick<AcceptedStore, "unfinished">;
  readonly activations: Pick<ActivationStore, "get">;
};

/**
 * True when it is recorded, or accepted and still to be. The accept record is looked for first: it
 * goes when the record comes, so that one that ends meanwhile is seen one way or the other.
 */
export async function isKnown(
  { accepted, activations }: KnownDeps,
  namespace: string,
  id: string,
): Promise<boolean> {
  const unfinished = await accepted.unfinished();
  if (unfinished.some(({ activationId }) => activationId === id)) return true;
  return (await activations.get(namespace, id)) !== undefined;
}

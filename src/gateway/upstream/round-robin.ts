import type { Node } from "./conf.ts";
import { NOTHING_TO_DO, type Pick, type Picker } from "./picker.ts";

type Slot = { readonly node: Node; readonly weight: number; current: number };

/** Smooth and weighted, as nginx: each turn all gain their weight, the highest pays the sum. */
export function createRoundRobin(nodes: readonly Node[]): Picker {
  const hasWeights = nodes.some((node) => node.weight > 0);
  const slots: Slot[] = nodes
    .filter((node) => node.weight > 0 || !hasWeights)
    .map((node) => ({ node, weight: hasWeights ? node.weight : 1, current: 0 }));
  return { pick: (_, tried) => next(slots, tried) };
}

function next(slots: readonly Slot[], tried: ReadonlySet<Node>): Pick | undefined {
  let total = 0;
  let best: Slot | undefined;
  for (const slot of slots) {
    if (tried.size > 0 && tried.has(slot.node)) continue;
    slot.current += slot.weight;
    total += slot.weight;
    if (best === undefined || slot.current > best.current) best = slot;
  }
  if (best === undefined) return undefined;
  best.current -= total;
  return { node: best.node, done: NOTHING_TO_DO };
}

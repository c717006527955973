import type { Node } from "./conf.ts";
import type { Picker } from "./picker.ts";

type Load = { readonly node: Node; inFlight: number };

/** The node with the fewest open requests for its weight. */
export function createLeastConnections(nodes: readonly Node[]): Picker {
  const loads: Load[] = nodes
    .filter(({ weight }) => weight > 0 || nodes.every((node) => node.weight === 0))
    .map((node) => ({ node, inFlight: 0 }));
  return {
    pick: (_, tried) => {
      let best: Load | undefined;
      for (const load of loads) {
        if (tried.has(load.node)) continue;
        if (best === undefined || scoreOf(load) < scoreOf(best)) best = load;
      }
      if (best === undefined) return undefined;
      const chosen = best;
      chosen.inFlight++;
      return { node: chosen.node, done: () => void chosen.inFlight-- };
    },
  };
}

function scoreOf({ node, inFlight }: Load): number {
  return (inFlight + 1) / (node.weight || 1);
}

/** The picker that an upstream's `type` asks for; nodes of lower priority come after the others. */

import type { Node, UpstreamConf } from "./conf.ts";
import { createConsistentHash } from "./consistent-hash.ts";
import { createEwma } from "./ewma.ts";
import { createLeastConnections } from "./least-connections.ts";
import type { Picker } from "./picker.ts";
import { createRoundRobin } from "./round-robin.ts";

/** Undefined for a type that nobody knows: such an upstream answers 502. */
export function createPicker(conf: UpstreamConf, nodes: readonly Node[]): Picker | undefined {
  const priorities = [...new Set(nodes.map(({ priority }) => priority))].sort((a, b) => b - a);
  const pickers: Picker[] = [];
  for (const priority of priorities) {
    const group = nodes.filter((node) => node.priority === priority);
    const picker = createGroupPicker(conf, group);
    if (picker === undefined) return undefined;
    pickers.push(picker);
  }
  const [only] = pickers;
  if (only !== undefined && pickers.length === 1) return only;
  return {
    pick: (lookup, tried) => {
      for (const picker of pickers) {
        const picked = picker.pick(lookup, tried);
        if (picked !== undefined) return picked;
      }
      return undefined;
    },
  };
}

function createGroupPicker(conf: UpstreamConf, nodes: readonly Node[]): Picker | undefined {
  switch (conf.type) {
    case "roundrobin":
      return createRoundRobin(nodes);
    case "chash":
      return createConsistentHash(nodes, conf);
    case "least_conn":
      return createLeastConnections(nodes);
    case "ewma":
      return createEwma(nodes, { now: () => performance.now(), random: Math.random });
    default:
      return undefined;
  }
}

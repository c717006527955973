/** How the node for a try is chosen. */

import type { Lookup } from "../template.ts";
import type { Node } from "./conf.ts";

export type Pick = {
  readonly node: Node;
  /** The try is over; `ms` until its answer's head, undefined when there was none. */
  readonly done: (ms: number | undefined) => void;
};

export type Picker = {
  /** Not one of those tried in this request; undefined: there is none left. */
  pick(lookup: Lookup, tried: ReadonlySet<Node>): Pick | undefined;
};

export const NOTHING_TO_DO = (): void => undefined;

import type { Node } from "./conf.ts";
import type { Picker } from "./picker.ts";

/** A measurement counts for half after this long, times ln 2. */
const DECAY_MS = 10_000;

type Score = { readonly node: Node; average: number; at: number };

export type EwmaOptions = {
  /** milliseconds, monotonic */
  readonly now: () => number;
  /** 0 to 1 */
  readonly random: () => number;
};

/** Of two nodes drawn by lot, the one that answered faster of late. */
export function createEwma(nodes: readonly Node[], { now, random }: EwmaOptions): Picker {
  // Never measured: the first answer counts as a whole.
  const at = Number.NEGATIVE_INFINITY;
  const scores: Score[] = nodes.map((node) => ({ node, average: 0, at }));
  return {
    pick: (_, tried) => {
      const left = scores.filter(({ node }) => !tried.has(node));
      const chosen = better(drawTwo(left, random), now());
      if (chosen === undefined) return undefined;
      return {
        node: chosen.node,
        done: (ms) => {
          if (ms !== undefined) note(chosen, ms, now());
        },
      };
    },
  };
}

function drawTwo(scores: readonly Score[], random: () => number): readonly Score[] {
  if (scores.length < 3) return scores;
  const first = Math.floor(random() * scores.length);
  const second = (first + 1 + Math.floor(random() * (scores.length - 1))) % scores.length;
  return [scores[first] as Score, scores[second] as Score];
}

function better(pair: readonly Score[], now: number): Score | undefined {
  const [one, other] = pair;
  if (one === undefined || other === undefined) return one;
  return decayed(other, now) < decayed(one, now) ? other : one;
}

function decayed({ average, at }: Score, now: number): number {
  return average * Math.exp(-(now - at) / DECAY_MS);
}

/** The longer ago the last answer, the more this one counts. */
function note(score: Score, ms: number, now: number): void {
  const weight = Math.exp(-Math.max(0, now - score.at) / DECAY_MS);
  score.average = score.average * weight + ms * (1 - weight);
  score.at = now;
}

/** What to do about neighbours: other programs that take CPU while a sample is taken. */
import type { Surroundings } from "./proc.ts";

/** A sample with more foreign CPU than this (in cores) is repeated, this often. */
const FOREIGN_CORES_MAX = 0.15;
const TRIES_MAX = 4;

/** True when the neighbours may have spoiled the sample. */
export function isNoisy(surroundings: Surroundings): boolean {
  return surroundings.foreignCores > FOREIGN_CORES_MAX;
}

type Watched = { readonly surroundings: Surroundings };

/** Takes a sample; when it is noisy and there is time, again, and keeps the quietest. */
export async function quietest<T extends Watched>(
  take: () => Promise<T>,
  options: { readonly patient: boolean },
): Promise<T> {
  let best = await take();
  for (let tries = 1; options.patient && tries < TRIES_MAX; tries += 1) {
    if (!isNoisy(best.surroundings)) break;
    const next = await take();
    if (next.surroundings.foreignCores < best.surroundings.foreignCores) best = next;
  }
  return best;
}

/** How long requests beyond the limit of simultaneous ones wait for their turn. */

/** Seconds: none up to `max` requests, then one unit for each time that `max` is exceeded. */
export function connectionDelay(count: number, max: number, unitSeconds: number): number {
  return count <= max ? 0 : unitSeconds * Math.floor((count - 1) / max);
}

/** The unit follows what requests take, half way each time. */
export function adapt(unitSeconds: number, latencySeconds: number): number {
  return (unitSeconds + latencySeconds) / 2;
}

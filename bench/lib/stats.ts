/** Order statistics of small samples. Every function throws on an empty sample: no data, no figure. */

function sorted(values: readonly number[]): readonly number[] {
  if (values.length === 0) throw new RangeError("no samples");
  return [...values].sort((a, b) => a - b);
}

/** The value below which `percent` of the sample lies (nearest rank: always a measured value). */
export function percentile(values: readonly number[], percent: number): number {
  const ordered = sorted(values);
  const rank = Math.max(1, Math.ceil((percent / 100) * ordered.length));
  return ordered[rank - 1] ?? Number.NaN;
}

/** Middle value; the mean of the two middle ones when their number is even. */
export function median(values: readonly number[]): number {
  const ordered = sorted(values);
  const upper = ordered[Math.floor(ordered.length / 2)] ?? Number.NaN;
  const lower = ordered[Math.ceil(ordered.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** Element by element `a[i] / b[i]`: both were measured next to each other, so noise cancels. */
export function ratios(a: readonly number[], b: readonly number[]): number[] {
  if (a.length !== b.length) throw new RangeError(`unpaired samples: ${a.length} and ${b.length}`);
  return a.map((value, index) => value / (b[index] ?? Number.NaN));
}

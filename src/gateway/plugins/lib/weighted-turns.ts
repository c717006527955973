/** Takes turns by weight, smoothly: each turn all gain their weight, the highest pays the sum. */
export class WeightedTurns<T> {
  private readonly slots: { readonly item: T; readonly weight: number; current: number }[];
  private readonly total: number;

  /** Items without weight never have their turn. */
  constructor(items: readonly T[], weightOf: (item: T) => number) {
    this.slots = items
      .map((item) => ({ item, weight: weightOf(item), current: 0 }))
      .filter(({ weight }) => weight > 0);
    this.total = this.slots.reduce((sum, { weight }) => sum + weight, 0);
  }

  /** Undefined when no item has a weight. */
  next(): T | undefined {
    let [best] = this.slots;
    if (best === undefined) return undefined;
    for (const slot of this.slots) {
      slot.current += slot.weight;
      if (slot.current > best.current) best = slot;
    }
    best.current -= this.total;
    return best.item;
  }
}

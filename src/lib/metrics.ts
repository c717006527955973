/**
 * Metrics under the original's names (openwhisk-gateway-catalog-standalone.md F3). Parts count in
 * plain numbers; the registry reads them when somebody asks, so that counting costs nothing.
 */
import { Counter, Gauge, Registry } from "prom-client";

export type MetricSource = {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly read: () => number | ReadonlyMap<string, number>;
  /** Name of the label when `read` gives several values. */
  readonly label?: string;
};

export class Metrics {
  private readonly registry = new Registry();
  private readonly others: readonly Registry[];

  /** `others` count for themselves; their texts follow. */
  constructor(sources: readonly MetricSource[], others: readonly Registry[] = []) {
    this.others = others;
    for (const source of sources) this.add(source);
  }

  /** Prometheus text format. */
  async text(): Promise<string> {
    const all = [this.registry, ...this.others];
    const texts = await Promise.all(all.map((registry) => registry.metrics()));
    return texts.join("");
  }

  private add(source: MetricSource): void {
    const { label } = source;
    const options = {
      name: source.name,
      help: source.help,
      labelNames: label === undefined ? [] : [label],
      registers: [this.registry],
    };
    const read = (): readonly (readonly [Record<string, string>, number])[] => {
      const value = source.read();
      if (typeof value === "number") return [[{}, value]];
      return [...value].map(([key, count]) => [{ [label ?? "value"]: key }, count] as const);
    };
    if (source.type === "gauge") {
      new Gauge({
        ...options,
        collect() {
          for (const [labels, value] of read()) this.set(labels, value);
        },
      });
    } else {
      new Counter({
        ...options,
        collect() {
          this.reset();
          for (const [labels, value] of read()) this.inc(labels, value);
        },
      });
    }
  }
}

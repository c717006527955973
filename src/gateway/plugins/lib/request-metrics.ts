/** What `prometheus` counts of each request, under the original's names and labels. */
import type { JsonObject } from "../../../core/documents.ts";
import type { RequestContext } from "../../request-context.ts";
import type { MetricFamily, Sample } from "./exposition.ts";
import { latencyOf, responseSource } from "./latency.ts";
import { bucketsOf, type ExtraLabels, expiry, extraOf, metricOf } from "./metric-options.ts";
import { Distribution, SeriesTable } from "./series.ts";

const MODELS = ["request_type", "request_llm_model", "llm_model"];
const OWNERS = ["route", "service", "consumer", "node", ...MODELS];

/** Labels of each metric in the original's order. */
export const METRIC_LABELS = {
  http_status: [
    ...["code", "route", "matched_uri", "matched_host", "service", "consumer", "node"],
    ...MODELS,
    "response_source",
  ],
  http_latency: ["type", ...OWNERS],
  bandwidth: ["type", ...OWNERS],
} as const satisfies Record<string, readonly string[]>;

export type MetricName = keyof typeof METRIC_LABELS;
/** By metric: labels whose value is left empty. */
export type DisabledLabels = Partial<Record<MetricName, readonly string[]>>;

/** Label combinations of each metric; more are counted as errors only. */
const SERIES_MAX = 10_000;

type Latencies = { readonly [type in "request" | "upstream" | "apisix"]: Distribution };
type Bytes = { ingress: number; egress: number };

export class RequestMetrics {
  private readonly prefix: string;
  private readonly extra: Record<MetricName, ExtraLabels>;
  private readonly status: SeriesTable<{ count: number }>;
  private readonly latency: SeriesTable<Latencies>;
  private readonly bandwidth: SeriesTable<Bytes>;
  private errors = 0;

  /** `attributes` is `plugin_attr.prometheus`. */
  constructor(attributes: JsonObject, prefix: string, seriesMax = SERIES_MAX) {
    this.prefix = prefix;
    const buckets = bucketsOf(attributes["default_buckets"]);
    const of = (name: MetricName): JsonObject => metricOf(attributes, name);
    const common = (name: MetricName) => ({
      max: seriesMax,
      onFull: () => {
        this.errors += 1;
      },
      ...expiry(of(name)["expire"]),
    });
    this.extra = {
      http_status: extraOf(of("http_status")),
      http_latency: extraOf(of("http_latency")),
      bandwidth: extraOf(of("bandwidth")),
    };
    this.status = new SeriesTable({ ...common("http_status"), make: () => ({ count: 0 }) });
    this.latency = new SeriesTable({
      ...common("http_latency"),
      make: () => ({
        request: new Distribution(buckets),
        upstream: new Distribution(buckets),
        apisix: new Distribution(buckets),
      }),
    });
    this.bandwidth = new SeriesTable({
      ...common("bandwidth"),
      make: () => ({ ingress: 0, egress: 0 }),
    });
  }

  /** In the log phase. */
  count(ctx: RequestContext, prefersName: boolean, disabled: DisabledLabels): void {
    const now = performance.now();
    const owner = ownerOf(ctx, prefersName);
    const values = (name: MetricName, leading: readonly string[]): string[] => {
      const off = disabled[name];
      const known: readonly string[] = METRIC_LABELS[name].slice(name === "http_status" ? 0 : 1);
      const kept =
        off === undefined
          ? leading
          : leading.map((v, at) => (off.includes(known[at] ?? "") ? "" : v));
      return [...kept, ...this.extra[name].map(([, variable]) => String(ctx.var(variable) ?? ""))];
    };
    const status = this.status.at(values("http_status", statusValues(ctx, owner)), now);
    if (status !== undefined) status.count += 1;
    this.observe(ctx, this.latency.at(values("http_latency", owner), now));
    const bytes = this.bandwidth.at(values("bandwidth", owner), now);
    if (bytes === undefined) return;
    bytes.ingress += Number(ctx.var("request_length"));
    bytes.egress += Number(ctx.var("bytes_sent"));
  }

  /** As they are now. */
  families(): MetricFamily[] {
    const now = performance.now();
    const { prefix } = this;
    return [
      {
        name: `${prefix}http_status`,
        help: "HTTP status codes per service in APISIX",
        type: "counter",
        samples: this.status.read(now).map(([values, { count }]) => ({
          labels: this.named("http_status", [], values),
          value: count,
        })),
      },
      {
        name: `${prefix}http_latency`,
        help: "HTTP request latency in milliseconds per service in APISIX",
        type: "histogram",
        samples: this.latencySamples(now),
      },
      {
        name: `${prefix}bandwidth`,
        help: "Total bandwidth in bytes consumed per service in APISIX",
        type: "counter",
        samples: this.bandwidth.read(now).flatMap(([values, bytes]) =>
          (["ingress", "egress"] as const).map((type) => ({
            labels: this.named("bandwidth", [type], values),
            value: bytes[type],
          })),
        ),
      },
      {
        name: `${prefix}nginx_metric_errors_total`,
        help: "Number of nginx-lua-prometheus errors",
        type: "counter",
        samples: [{ labels: [], value: this.errors }],
      },
    ];
  }

  private observe(ctx: RequestContext, latencies: Latencies | undefined): void {
    if (latencies === undefined) return;
    const { request, upstream, gateway } = latencyOf(ctx);
    latencies.request.observe(request);
    if (upstream !== undefined) latencies.upstream.observe(upstream);
    latencies.apisix.observe(gateway);
  }

  private latencySamples(now: number): Sample[] {
    return this.latency.read(now).flatMap(([values, latencies]) =>
      (["request", "upstream", "apisix"] as const).flatMap((type) => {
        const labels = this.named("http_latency", [type], values);
        return latencies[type].count === 0 ? [] : distributionSamples(labels, latencies[type]);
      }),
    );
  }

  /** Names and values in turn; `first` stands before the values that were counted by. */
  private named(name: MetricName, first: readonly string[], values: readonly string[]): string[] {
    const names = [...METRIC_LABELS[name], ...this.extra[name].map(([label]) => label)];
    return [...first, ...values].flatMap((value, at) => [names[at] ?? "", value]);
  }
}

function distributionSamples(labels: readonly string[], one: Distribution): Sample[] {
  const cumulated = one.cumulated();
  const buckets = one.bounds.map((bound, at) => ({
    suffix: "_bucket",
    labels: [...labels, "le", String(bound)],
    value: cumulated[at] ?? 0,
  }));
  return [
    ...buckets,
    { suffix: "_bucket", labels: [...labels, "le", "+Inf"], value: one.count },
    { suffix: "_count", labels, value: one.count },
    { suffix: "_sum", labels, value: one.sum },
  ];
}

/** route, service, consumer, node, then what only language models have. */
function ownerOf({ route, consumer, attempts }: RequestContext, prefersName: boolean): string[] {
  const nameOf = (
    one: { readonly id: string; readonly name?: string | undefined } | undefined,
  ): string => (prefersName ? one?.name : undefined) ?? one?.id ?? "";
  return [
    nameOf(route),
    nameOf(route?.service),
    consumer?.username ?? "",
    attempts.at(-1)?.host ?? "",
    "traditional_http",
    "",
    "",
  ];
}

function statusValues(ctx: RequestContext, owner: readonly string[]): string[] {
  const { route, response } = ctx;
  const [routeId = "", ...rest] = owner;
  return [
    String(response.status),
    routeId,
    route?.uri ?? "",
    route?.host ?? "",
    ...rest,
    responseSource(ctx),
  ];
}

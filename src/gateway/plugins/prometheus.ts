/** `prometheus`: counts requests, for the page of metrics on a port of its own. */
import type { Json, JsonObject } from "../../core/documents.ts";
import type { GatewayState, Plugin, PluginServices } from "../plugin.ts";
import { isObject } from "../schema/lua.ts";
import { backlogsOf } from "./lib/batches.ts";
import { exposition, type MetricFamily, type Sample } from "./lib/exposition.ts";
import { type DisabledLabels, METRIC_LABELS, RequestMetrics } from "./lib/request-metrics.ts";

export type PrometheusConf = { readonly prefer_name: boolean };

const NAME = "prometheus";
const DEFAULT_URI = "/apisix/prometheus/metrics";
const DEFAULT_PREFIX = "apisix_";
/** Without these a metric says nothing: they cannot be left empty. */
const STRUCTURAL = new Set(["code", "type"]);
/** Folders in the original's order, under the names it gives them. */
const FOLDERS = [
  ...["routes", "services", "ssls", "consumers", "global_rules", "upstreams"],
  ...["stream_routes", "protos"],
];

export const prometheus: Plugin<PrometheusConf> = {
  name: NAME,
  version: 0.2,
  priority: 500,
  runPolicy: "prefer_route",
  schema: { type: "object", properties: { prefer_name: { type: "boolean", default: false } } },
  metadataSchema: {
    type: "object",
    properties: {
      disabled_labels: {
        type: "object",
        properties: Object.fromEntries(Object.entries(METRIC_LABELS).map(labelsSchema)),
        additionalProperties: false,
      },
    },
  },
  create: (services) => {
    const attributes = services.attributes(NAME);
    const prefix = text(attributes["metric_prefix"], DEFAULT_PREFIX);
    const metrics = new RequestMetrics(attributes, prefix);
    const isOwnPort = attributes["enable_export_server"] !== false;
    return {
      log: ({ prefer_name: prefersName }, ctx) => {
        const disabled = services.metadata(NAME)?.["disabled_labels"];
        metrics.count(ctx, prefersName, isObject(disabled) ? (disabled as DisabledLabels) : {});
      },
      apis: [
        {
          methods: ["GET"],
          uri: text(attributes["export_uri"], DEFAULT_URI),
          on: isOwnPort ? "metrics" : "public",
          handler: () => ({
            status: 200,
            headers: { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" },
            body: exposition([...stateFamilies(services, prefix), ...metrics.families()]),
          }),
        },
      ],
    };
  },
};

function labelsSchema([name, labels]: [string, readonly string[]]): [string, JsonObject] {
  const optional = labels.filter((label) => !STRUCTURAL.has(label));
  return [name, { type: "array", items: { type: "string", enum: optional } }];
}

function text(value: Json | undefined, fallback: string): string {
  return typeof value === "string" ? value : fallback;
}

/** What is so now, whoever has asked for metrics of requests. */
function stateFamilies(services: PluginServices, prefix: string): MetricFamily[] {
  const state = services.state();
  const { hostname, version } = services.instance;
  const gauge = (name: string, help: string, samples: Sample[]): MetricFamily => ({
    name: prefix + name,
    help,
    type: "gauge",
    samples,
  });
  return [
    gauge("nginx_http_current_connections", "Number of HTTP connections", connections(state)),
    gauge("http_requests_total", "The total number of client requests since APISIX started", [
      { labels: [], value: state.traffic.requests },
    ]),
    // The configuration is in this very program.
    gauge("etcd_reachable", "Config server etcd reachable from APISIX, 0 is unreachable", [
      { labels: [], value: 1 },
    ]),
    gauge("node_info", "Info of APISIX node", [
      { labels: ["hostname", hostname, "version", version], value: 1 },
    ]),
    gauge("etcd_modify_indexes", "Etcd modify index for APISIX keys", indexes(state)),
    gauge("upstream_status", "Upstream status from health check", nodeStates(state)),
    gauge("batch_process_entries", "batch process remaining entries", backlogs(services)),
  ];
}

function connections({ traffic }: GatewayState): Sample[] {
  const { active, accepted, inFlight } = traffic;
  const states = {
    active,
    accepted,
    handled: accepted,
    reading: 0,
    writing: inFlight,
    waiting: Math.max(0, active - inFlight),
  };
  return Object.entries(states).map(([state, value]) => ({ labels: ["state", state], value }));
}

function indexes({ modifiedIndexes }: GatewayState): Sample[] {
  const samples = FOLDERS.map((folder) => ({
    labels: ["key", folder],
    value: modifiedIndexes.get(folder) ?? 0,
  }));
  const highest = Math.max(0, ...modifiedIndexes.values());
  return [
    ...samples,
    { labels: ["key", "max_modify_index"], value: highest },
    { labels: ["key", "x_etcd_index"], value: highest },
  ];
}

function nodeStates({ health }: GatewayState): Sample[] {
  return health.flatMap(({ name, nodes }) =>
    nodes.map(({ ip, port, status }) => ({
      labels: ["name", name, "ip", ip, "port", String(port)],
      value: status === "healthy" || status === "mostly_healthy" ? 1 : 0,
    })),
  );
}

function backlogs(services: PluginServices): Sample[] {
  return backlogsOf(services).map(({ name, routeId, serverAddress, count }) => ({
    labels: ["name", name, "route_id", routeId, "server_addr", serverAddress],
    value: count,
  }));
}

/** What the control API tells of upstreams' health (apisix/control/v1.lua). */
import type { Json, JsonObject } from "../../core/documents.ts";
import type { ConfigEntry } from "../config-store.ts";
import { isObject } from "../schema/lua.ts";

export type HealthNode = {
  readonly ip: string;
  readonly port: number;
  readonly hostname?: string;
  /** "healthy", "mostly_healthy", "mostly_unhealthy", "unhealthy" */
  readonly status: string;
  readonly counter: {
    readonly success: number;
    readonly http_failure: number;
    readonly tcp_failure: number;
    readonly timeout_failure: number;
  };
};

export type HealthInfo = {
  /** "/apisix/routes/1" */
  readonly name: string;
  readonly type: string;
  readonly nodes: readonly HealthNode[];
};

/** The health checks of a resource, its own or its upstream's; undefined: it asks for none. */
export function checksOf(value: JsonObject): JsonObject | undefined {
  const { checks, upstream } = value;
  const inner = isObject(upstream) ? upstream["checks"] : undefined;
  return [checks, inner].find(isObject);
}

export function healthInfo(
  entry: ConfigEntry,
  prefix: string,
  nodes: readonly HealthNode[],
): HealthInfo {
  const checks = checksOf(entry.value) ?? {};
  const types = ["active", "passive"].map((name) => {
    const one: Json | undefined = checks[name];
    return isObject(one) ? (one["type"] ?? "http") : undefined;
  });
  const type = String(types.find((one) => one !== undefined) ?? "http");
  return { name: `${prefix}${entry.key}`, type, nodes };
}

const COLUMNS = [
  "Index",
  "Upstream",
  "Check type",
  "Host",
  "Status",
  "Success counts",
  "TCP Failures",
  "HTTP Failures",
  "TIMEOUT Failures",
];

/** The same as a page for people. */
export function healthPage(infos: readonly HealthInfo[]): string {
  const rows = infos.flatMap((info) => info.nodes.map((node) => [info, node] as const));
  const lines = rows.map(([{ name, type }, { ip, port, status, counter }], index) => {
    const isGood = status === "healthy" || status === "mostly_healthy";
    const { success, tcp_failure, http_failure, timeout_failure } = counter;
    const counts = [success, tcp_failure, http_failure, timeout_failure];
    const cells = [index + 1, name, type, `${ip}:${port}`, status, ...counts];
    return row(cells.map(String), "td", isGood ? "" : ' bgcolor="#FF0000"');
  });
  const title = "APISIX upstream check status";
  return [
    "<html>",
    `<head><title>${title}</title></head>`,
    "<body>",
    `<h1>${title}</h1>`,
    '<table cellspacing="0" cellpadding="3" border="1">',
    row(COLUMNS, "th", ' bgcolor="#C0C0C0"'),
    ...lines,
    "</table>",
    "</body>",
    "</html>",
    "",
  ].join("\n");
}

function row(cells: readonly string[], tag: string, attributes: string): string {
  const inner = cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("");
  return `<tr${attributes}>${inner}</tr>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** What `standalone` writes to stdout when it is ready. */
import type { Config } from "../../config/config.ts";
import { listenHosts } from "../../config/exposure.ts";
import { GUEST, subjectsWithPublicKeys } from "../../config/stock-users.ts";
import { isLoopback } from "../../lib/loopback.ts";
import type { Platform, Server } from "./context.ts";
import { version } from "./version.ts";

const NETWORK: Readonly<Record<string, string>> = {
  host: "host (functions share this machine's network)",
  none: "none (functions reach only this server's API)",
};

/** Several lines, ending with a line feed. */
export function banner(platform: Platform, config: Config): string {
  const metrics = platform.listeners.find((listener) => listener.role === "metrics");
  const https = platform.listeners.find((listener) => listener.role === "https");
  const rows = [
    ["API", platform.apiUrl],
    ...(https === undefined ? [] : [["HTTPS", `https://${urlHost(https.host)}:${https.port}`]]),
    ["isolation", platform.isolation],
    ["network", NETWORK[platform.network] ?? platform.network],
    ["data", config.data.folder],
    ...(platform.apiGatewayUrl === undefined ? [] : [["wsk api", platform.apiGatewayUrl]]),
    ...gatewayRows(platform),
    ...(metrics === undefined ? [] : [["metrics", `port ${metrics.port}`]]),
    ...(config.limits === "original" ? [["limits", "original"]] : []),
  ];
  const lines = [
    `Meringue ${version()}`,
    ...rows.map(([name = "", value]) => `  ${name.padEnd(10)} ${value}`),
    ...platform.warnings.map((warning) => `  WARNING    ${warning}`),
    ...exposureLines(config),
    "",
    "Configure wsk to connect to this server as [guest]:",
    `wsk property set --apihost '${platform.apiUrl}' --auth '${guestKey(config)}'`,
  ];
  return `${lines.join("\n")}\n`;
}

/** The same for a server that is nothing but a gateway. */
export function gatewayBanner(server: Server, config: Config): string {
  const rows = [...gatewayRows(server), ["data", config.data.folder]];
  const lines = [
    `Meringue ${version()}`,
    ...rows.map(([name = "", value]) => `  ${name.padEnd(10)} ${value}`),
    ...server.warnings.map((warning) => `  WARNING    ${warning}`),
  ];
  return `${lines.join("\n")}\n`;
}

function gatewayRows({ gateway }: Server): string[][] {
  if (gateway === undefined) return [];
  const { url, adminUrl, confFile } = gateway;
  if (adminUrl === undefined) return [["gateway", url]];
  return [["gateway", `${url}, Admin API ${adminUrl} (key in ${confFile})`]];
}

/** The stock key may be shown, since everybody knows it; a key of one's own may not. */
function guestKey(config: Config): string {
  if (!subjectsWithPublicKeys(config.users).includes("guest")) {
    return "<the uuid:key of guest in your users block>";
  }
  const [space] = GUEST.namespaces;
  return `${space?.uuid}:${space?.key}`;
}

function exposureLines(config: Config): string[] {
  const subjects = subjectsWithPublicKeys(config.users);
  const open = listenHosts(config).filter((host) => !isLoopback(host));
  if (open.length === 0 || subjects.length === 0) return [];
  const rule = "!".repeat(78);
  return [
    "",
    rule,
    `!! THE KEYS OF ${subjects.join(" AND ")} ARE PUBLIC: everybody can read them on the web,`,
    `!! and this server listens at ${open[0]}, beyond this machine. Whoever reaches it can`,
    "!! run code here. Give these subjects keys of your own: setting `users`,",
    "!! docs/configuration.md.",
    rule,
  ];
}

/** As it stands in a URL; a listener on every address answers on this machine's own. */
function urlHost(host: string): string {
  const reachable = host === "0.0.0.0" || host === "::" ? "localhost" : host;
  return reachable.includes(":") ? `[${reachable}]` : reachable;
}

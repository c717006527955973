/** Opens the gateway's ports and gives each its handler. */

import type { RequestListener } from "node:http";
import type { Listener } from "../cli/meringue/context.ts";
import type { Config } from "../config/config.ts";
import type { GatewayConf } from "../gateway/conf/conf.ts";
import type { Gateway } from "../gateway/gateway.ts";
import { startProxyListener } from "../gateway/listener.ts";
import { HttpListener } from "../lib/http-listener.ts";
import { listenUrl } from "../lib/listen-url.ts";
import { type Opened, openPort } from "./gateway-ports.ts";

export type GatewayHandlers = {
  readonly gateway: Gateway;
  /** Undefined: it is not served. */
  readonly admin: RequestListener | undefined;
  readonly control: RequestListener;
  readonly status: RequestListener;
  readonly isAdminPath: (url: string | undefined) => boolean;
};

export type GatewayListeners = {
  readonly all: readonly Listener[];
  readonly warnings: readonly string[];
  readonly url: string;
  readonly adminUrl: string | undefined;
  /** Takes no more connections; resolves when requests are answered, or this time (ms) is over. */
  close(graceMs: number): Promise<void>;
};

const LOOPBACK = "127.0.0.1";

/** A port, whoever serves it. */
type Port = { readonly port: number; close(graceMs: number): Promise<void> };
type Open = { readonly role: string; readonly host: string; readonly listener: Port };

/** Rejects when a port that was chosen cannot be had; then none is open. */
export async function openListeners(
  config: Config,
  conf: GatewayConf,
  handlers: GatewayHandlers,
): Promise<GatewayListeners> {
  const open: Open[] = [];
  try {
    const warnings = await openAll(config, conf, handlers, open);
    return listenersOf(open, warnings, handlers.admin !== undefined);
  } catch (cause) {
    await Promise.all(open.map(({ listener }) => listener.close(0)));
    throw cause;
  }
}

async function openAll(
  config: Config,
  { ports, isControlEnabled, metricsHost, status }: GatewayConf,
  handlers: GatewayHandlers,
  open: Open[],
): Promise<readonly string[]> {
  const { host, port, tlsPort, adminPort, controlPort, prometheusPort } = config.gateway;
  const { headerBytesMax } = config.api;
  const { gateway, admin, control } = handlers;
  const warnings: string[] = [];
  const add = (role: string, address: string, { listener, warning }: Opened<Port>): void => {
    if (warning !== undefined) warnings.push(warning);
    if (listener !== undefined) open.push({ role, host: address, listener });
  };
  const intercept = interceptor(handlers, config.gateway.adminOnProxy === "yes");
  const proxy = (portFlag: string, tls: boolean) => (number: number) =>
    startProxyListener({ gateway, host, port: number, tls, headerBytesMax, intercept }).catch(
      (cause: NodeJS.ErrnoException) => {
        throw explain(cause, host, number, portFlag);
      },
    );
  const http = (address: string, portFlag: string, handler: RequestListener) => (number: number) =>
    listenHttp({ host: address, port: number, portFlag, headerBytesMax }, handler);
  add("gateway", host, await openPort("proxy", port, ports, proxy("--gateway-port", false)));
  add(
    "gateway-tls",
    host,
    await openPort("tls", tlsPort, ports, proxy("--gateway-tls-port", true)),
  );
  if (admin !== undefined) {
    const listen = http(host, "--gateway-admin-port", admin);
    add("gateway-admin", host, await openPort("admin", adminPort, ports, listen));
  }
  if (isControlEnabled) {
    const listen = http(LOOPBACK, "--gateway-control-port", control);
    add("gateway-control", LOOPBACK, await openPort("control", controlPort, ports, listen));
  }
  if (metricsHost !== undefined) {
    const metrics = http(metricsHost, "--gateway-prometheus-port", metricsHandler(gateway));
    const opened = await openPort("prometheus", prometheusPort, ports, metrics);
    add("gateway-prometheus", metricsHost, opened);
  }
  if (status !== undefined) {
    const listen = http(status.host, "apisix.status.port", handlers.status);
    add("gateway-status", status.host, {
      listener: await listen(status.port),
      warning: undefined,
    });
  }
  return warnings;
}

async function listenHttp(
  options: Parameters<typeof HttpListener.listen>[0],
  handler: RequestListener,
): Promise<Port> {
  const listener = await HttpListener.listen(options);
  listener.serve(handler);
  return {
    port: listener.port,
    close: async (graceMs) => {
      const clock = setTimeout(() => listener.closeNow(), graceMs);
      await listener.close();
      clearTimeout(clock);
    },
  };
}

/** Tutorials of older versions call the Admin API on the gateway's own port. */
function interceptor(
  { admin, isAdminPath }: GatewayHandlers,
  isOn: boolean,
): NonNullable<Parameters<typeof startProxyListener>[0]["intercept"]> {
  return (request, response) => {
    if (!isOn || admin === undefined || !isAdminPath(request.url)) return false;
    admin(request, response);
    return true;
  };
}

/** What is served there comes from plugins. */
function metricsHandler(gateway: Gateway): RequestListener {
  return (request, response) => {
    if (gateway.serveApi("metrics", request, response)) return;
    request.resume();
    response.writeHead(404).end();
  };
}

function explain(
  cause: NodeJS.ErrnoException,
  host: string,
  port: number,
  portFlag: string,
): Error {
  const reason =
    cause.code === "EADDRINUSE"
      ? `port ${port} on ${host} is in use; choose another one with ${portFlag}`
      : `cannot listen on ${host}:${port}: ${cause.message}`;
  return new Error(reason, { cause });
}

function listenersOf(
  open: readonly Open[],
  warnings: readonly string[],
  hasAdmin: boolean,
): GatewayListeners {
  const portOf = (role: string): Open | undefined => open.find((one) => one.role === role);
  const url = urlOf(portOf("gateway"));
  const adminUrl = hasAdmin ? (urlOf(portOf("gateway-admin")) ?? url) : undefined;
  return {
    all: open.map(({ role, host, listener }) => ({ role, host, port: listener.port })),
    warnings,
    url: url ?? "",
    adminUrl,
    close: async (graceMs) => {
      await Promise.all(open.map(({ listener }) => listener.close(graceMs)));
    },
  };
}

function urlOf(open: Open | undefined): string | undefined {
  if (open === undefined) return undefined;
  return listenUrl(open.host, open.listener.port);
}

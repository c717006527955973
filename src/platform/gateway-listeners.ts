/** Opens the gateway's ports and gives each its handler. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Listener } from "../cli/meringue/context.ts";
import type { Config } from "../config/config.ts";
import type { GatewayConf } from "../gateway/conf/conf.ts";
import type { Certificates } from "../gateway/tls/certificates.ts";
import { type TlsHandler, TlsListener } from "../gateway/tls/tls-listener.ts";
import { HttpListener } from "../lib/http-listener.ts";
import { openPort } from "./gateway-ports.ts";

export type GatewayHandlers = {
  readonly proxy: TlsHandler;
  /** Undefined: it is not served. */
  readonly admin: RequestListener | undefined;
  readonly control: RequestListener;
  readonly isAdminPath: (url: string | undefined) => boolean;
  readonly certificates: Certificates;
};

export type GatewayListeners = {
  readonly all: readonly Listener[];
  readonly warnings: readonly string[];
  readonly url: string;
  readonly adminUrl: string | undefined;
  /** Takes no more connections; resolves when open requests are answered. */
  close(): Promise<void>;
  closeNow(): void;
};

const LOOPBACK = "127.0.0.1";

type Open = {
  readonly role: string;
  readonly host: string;
  readonly listener: HttpListener | TlsListener;
};

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
    for (const { listener } of open) listener.closeNow();
    throw cause;
  }
}

async function openAll(
  config: Config,
  conf: GatewayConf,
  handlers: GatewayHandlers,
  open: Open[],
): Promise<readonly string[]> {
  const { host, port, tlsPort, adminPort, controlPort, prometheusPort } = config.gateway;
  const { headerBytesMax } = config.api;
  const { admin, certificates } = handlers;
  const warnings: string[] = [];
  const http = (address: string, portFlag: string) => (number: number) =>
    HttpListener.listen({ host: address, port: number, portFlag, headerBytesMax });
  const add = <L extends HttpListener | TlsListener>(
    role: string,
    address: string,
    {
      listener,
      warning,
    }: { readonly listener: L | undefined; readonly warning: string | undefined },
  ): L | undefined => {
    if (warning !== undefined) warnings.push(warning);
    if (listener !== undefined) open.push({ role, host: address, listener });
    return listener;
  };
  const serveProxy = proxyHandler(handlers, config.gateway.adminOnProxy === "yes");
  const { ports } = conf;
  add("gateway", host, await openPort("proxy", port, ports, http(host, "--gateway-port")))?.serve(
    serveProxy as RequestListener,
  );
  add(
    "gateway-tls",
    host,
    await openPort("tls", tlsPort, ports, (number) =>
      TlsListener.listen({
        host,
        port: number,
        certificates,
        serve: handlers.proxy,
        headerBytesMax,
      }),
    ),
  );
  if (admin !== undefined) {
    const opened = await openPort("admin", adminPort, ports, http(host, "--gateway-admin-port"));
    add("gateway-admin", host, opened)?.serve(admin);
  }
  if (conf.isControlEnabled) {
    const listen = http(LOOPBACK, "--gateway-control-port");
    const opened = await openPort("control", controlPort, ports, listen);
    add("gateway-control", LOOPBACK, opened)?.serve(handlers.control);
  }
  const listen = http(LOOPBACK, "--gateway-prometheus-port");
  const opened = await openPort("prometheus", prometheusPort, ports, listen);
  add("gateway-prometheus", LOOPBACK, opened)?.serve(notFound);
  return warnings;
}

/** Tutorials of older versions call the Admin API on the gateway's own port. */
function proxyHandler(
  { proxy, admin, isAdminPath }: GatewayHandlers,
  hasAdmin: boolean,
): TlsHandler {
  if (admin === undefined || !hasAdmin) return proxy;
  return (request, response) => {
    if (isAdminPath(request.url)) admin(request as IncomingMessage, response as ServerResponse);
    else proxy(request, response);
  };
}

const notFound: RequestListener = (request, response) => {
  request.resume();
  response.writeHead(404).end();
};

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
    close: async () => {
      await Promise.all(open.map(({ listener }) => listener.close()));
    },
    closeNow: () => {
      for (const { listener } of open) listener.closeNow();
    },
  };
}

function urlOf(open: Open | undefined): string | undefined {
  if (open === undefined) return undefined;
  const { host, listener } = open;
  const reachable = host === "0.0.0.0" ? LOOPBACK : host === "::" ? "::1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${listener.port}`;
}

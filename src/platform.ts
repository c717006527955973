/**
 * Composition root: a running platform from a configuration. Beside `main.ts` and the files in
 * `platform/` nothing names a concrete driver.
 */
import type { Platform } from "./cli/meringue/context.ts";
import type { Config } from "./config/config.ts";
import type { LocalCall } from "./gateway/http-call.ts";
import type { HttpListener } from "./lib/http-listener.ts";
import type { Logger } from "./lib/log.ts";
import { listenMetrics } from "./lib/metrics-listener.ts";
import { apiOrigins } from "./platform/api-origins.ts";
import type { RunningGateway } from "./platform/gateway.ts";
import { buildParts, type Parts } from "./platform/parts.ts";

/** Rejects with one line for the operator; then nothing is left running. */
export async function startPlatform(
  config: Config,
  options: {
    readonly logger: Logger;
    /** For `${{NAME}}` in the gateway's files. */
    readonly env: Readonly<Record<string, string | undefined>>;
    /** The working directory, where `conf/config.yaml` is looked for. */
    readonly folder: string;
    /** PATH in which the machine's interpreters are looked for. */
    readonly path: string;
  },
): Promise<Platform> {
  const isGateway = config.gateway.port !== "off";
  // Loaded while the parts wait for the disk and for other processes.
  const gatewayModule = isGateway ? import("./platform/gateway.ts") : undefined;
  gatewayModule?.catch(() => undefined);
  const parts = await buildParts(config, options);
  let gateway: RunningGateway | undefined;
  try {
    gateway = await (await gatewayModule)?.startGateway(config, {
      ...options,
      openStore: () => Promise.resolve(parts.configStore),
      local: await localCall(config, parts),
    });
    return running(config, parts, await startMetrics(config, parts), gateway);
  } catch (cause) {
    await gateway?.stop();
    await parts.stop();
    throw cause;
  }
}

/** The gateway invokes this program's actions without a socket. */
async function localCall(config: Config, parts: Parts): Promise<LocalCall> {
  const { createLocalCall } = await import("./gateway/local-api.ts");
  return createLocalCall(apiOrigins(config.api.host, parts.listener.port), parts.invokeLocally);
}

async function startMetrics(config: Config, parts: Parts): Promise<HttpListener | undefined> {
  const { port } = config.metrics;
  if (port === "api" || port === "off") return undefined;
  const { host, headerBytesMax } = config.api;
  return listenMetrics(() => parts.metrics.text(), { host, port, headerBytesMax });
}

function running(
  config: Config,
  parts: Parts,
  metrics: HttpListener | undefined,
  gateway: RunningGateway | undefined,
): Platform {
  const { host } = config.api;
  let stopping: Promise<void> | undefined;
  return {
    listeners: [
      { role: "controller", host, port: parts.listener.port },
      ...parts.edge.listeners,
      ...(metrics === undefined ? [] : [{ role: "metrics", host, port: metrics.port }]),
      ...(gateway?.listeners ?? []),
    ],
    ...(gateway === undefined ? {} : { gateway: gateway.gateway }),
    isolation: parts.driver.isolation,
    network: parts.driver.network,
    warnings: [...parts.driver.warnings, ...parts.kinds.notes, ...(gateway?.warnings ?? [])],
    apiUrl: parts.apiUrl,
    async drain() {
      parts.listener.refuse();
      parts.edge.refuse();
      await parts.pool.quiet();
      await parts.store.activations.flush();
      await Promise.all([parts.listener.close(), parts.edge.close(), gateway?.drain()]);
    },
    stop() {
      metrics?.closeNow();
      stopping ??= stopAll(parts, gateway);
      return stopping;
    },
  };
}

/** The gateway first: it calls the others. */
async function stopAll(parts: Parts, gateway: RunningGateway | undefined): Promise<void> {
  await gateway?.stop();
  await parts.stop();
}

/**
 * Composition root: a running platform from a configuration. Beside `main.ts` and the files in
 * `platform/` nothing names a concrete driver.
 */
import type { Platform } from "./cli/meringue/context.ts";
import type { Config } from "./config/config.ts";
import type { ConfigStore } from "./gateway/config-store.ts";
import type { LocalCall } from "./gateway/http-call.ts";
import type { HttpListener } from "./lib/http-listener.ts";
import type { Logger } from "./lib/log.ts";
import { listenMetrics } from "./lib/metrics-listener.ts";
import { apiOrigins } from "./platform/api-origins.ts";
import type { RunningGateway } from "./platform/gateway.ts";
import { buildParts, type Parts } from "./platform/parts.ts";

export type PlatformOptions = {
  readonly logger: Logger;
  /** For `${{NAME}}` in the gateway's files. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working directory, where `conf/config.yaml` is looked for. */
  readonly folder: string;
  /** PATH in which the machine's interpreters are looked for. */
  readonly path: string;
};

/** Rejects with one line for the operator; then nothing is left running. */
export async function startPlatform(config: Config, options: PlatformOptions): Promise<Platform> {
  const undo = new AsyncDisposableStack();
  try {
    const configStore = Promise.withResolvers<ConfigStore>();
    let local: LocalCall | undefined;
    const starting = startGateway(
      config,
      { ...options, local: (...call) => local?.(...call) ?? false },
      configStore.promise,
    );
    const building = buildParts(config, { ...options, onConfigStore: configStore.resolve });
    building.catch(configStore.reject);
    const [parts, gateway] = await settled(building, starting, undo);
    if (gateway !== undefined) local = await localCall(config, parts);
    return running(config, parts, await startMetrics(config, parts), gateway);
  } catch (cause) {
    await undo.disposeAsync();
    throw cause;
  }
}

/** Loaded and started while the other parts wait for the disk and for processes. */
async function startGateway(
  config: Config,
  options: PlatformOptions & { readonly local: LocalCall },
  configStore: Promise<ConfigStore>,
): Promise<RunningGateway | undefined> {
  configStore.catch(() => undefined);
  if (config.gateway.port === "off") return undefined;
  const { startGateway: start } = await import("./platform/gateway.ts");
  return start(config, { ...options, openStore: () => configStore });
}

/** The gateway invokes this program's actions without a socket. */
async function localCall(config: Config, parts: Parts): Promise<LocalCall> {
  const { createLocalCall } = await import("./gateway/local-api.ts");
  return createLocalCall(apiOrigins(config.api.host, parts.listener.port), parts.invokeLocally);
}

/** Waits for both; what has started is undone when the other has not. */
async function settled(
  building: Promise<Parts>,
  starting: Promise<RunningGateway | undefined>,
  undo: AsyncDisposableStack,
): Promise<readonly [Parts, RunningGateway | undefined]> {
  const [parts, gateway] = await Promise.allSettled([building, starting]);
  if (parts.status === "fulfilled") undo.defer(() => parts.value.stop());
  if (gateway.status === "fulfilled") undo.defer(() => gateway.value?.stop());
  if (parts.status === "rejected") throw parts.reason;
  if (gateway.status === "rejected") throw gateway.reason;
  return [parts.value, gateway.value];
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
      ...(parts.apiGateway?.listeners ?? []),
      ...(gateway?.listeners ?? []),
    ],
    ...(gateway === undefined ? {} : { gateway: gateway.gateway }),
    ...(parts.apiGateway === undefined ? {} : { apiGatewayUrl: parts.apiGateway.url }),
    isolation: parts.driver.isolation,
    network: parts.driver.network,
    warnings: [
      ...parts.driver.warnings,
      ...parts.kinds.notes,
      ...(parts.apiGateway?.warnings ?? []),
      ...(gateway?.warnings ?? []),
    ],
    apiUrl: parts.apiUrl,
    async drain() {
      parts.listener.refuse();
      parts.edge.refuse();
      await parts.quiet();
      await parts.store.activations.flush();
      await Promise.all([
        parts.listener.close(),
        parts.edge.close(),
        parts.apiGateway?.drain(),
        gateway?.drain(),
      ]);
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

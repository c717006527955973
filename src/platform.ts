/**
 * Composition root: a running platform from a configuration. Beside `main.ts` and the files in
 * `platform/` nothing names a concrete driver.
 */
import type { Platform } from "./cli/meringue/context.ts";
import type { Config } from "./config/config.ts";
import type { HttpListener } from "./lib/http-listener.ts";
import type { Logger } from "./lib/log.ts";
import { listenMetrics } from "./lib/metrics-listener.ts";
import { buildParts, type Parts } from "./platform/parts.ts";

/** Rejects with one line for the operator; then nothing is left running. */
export async function startPlatform(
  config: Config,
  options: {
    readonly logger: Logger;
    /** PATH in which the machine's interpreters are looked for. */
    readonly path: string;
  },
): Promise<Platform> {
  const parts = await buildParts(config, options);
  try {
    return running(config, parts, await startMetrics(config, parts));
  } catch (cause) {
    await parts.stop();
    throw cause;
  }
}

async function startMetrics(config: Config, parts: Parts): Promise<HttpListener | undefined> {
  const { port } = config.metrics;
  if (port === "api" || port === "off") return undefined;
  const { host, headerBytesMax } = config.api;
  return listenMetrics(() => parts.metrics.text(), { host, port, headerBytesMax });
}

function running(config: Config, parts: Parts, metrics: HttpListener | undefined): Platform {
  const { host } = config.api;
  let stopping: Promise<void> | undefined;
  return {
    listeners: [
      { role: "controller", host, port: parts.listener.port },
      ...parts.edge.listeners,
      ...(metrics === undefined ? [] : [{ role: "metrics", host, port: metrics.port }]),
    ],
    isolation: parts.driver.isolation,
    network: parts.driver.network,
    warnings: [...parts.driver.warnings, ...parts.kinds.notes],
    apiUrl: parts.apiUrl,
    async drain() {
      parts.listener.refuse();
      parts.edge.refuse();
      await parts.pool.quiet();
      await parts.store.activations.flush();
      await Promise.all([parts.listener.close(), parts.edge.close()]);
    },
    stop() {
      metrics?.closeNow();
      stopping ??= parts.stop();
      return stopping;
    },
  };
}

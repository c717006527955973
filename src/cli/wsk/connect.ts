/** Makes the client from the properties in effect, or says why it cannot (wsk-cli 2). */
import { readFileSync } from "node:fs";
import { baseUrl } from "../../client/address.ts";
import { WhiskClient } from "../../client/client.ts";
import type { Watcher } from "../../client/transport.ts";
import type { FlagSet } from "./flag-set.ts";
import type { Io } from "./io.ts";
import { progressWatcher } from "./progress.ts";
import type { Properties } from "./properties.ts";
import { reason } from "./read-file.ts";
import { traceWatcher } from "./trace.ts";
import { userAgent } from "./version.ts";
import { usageError } from "./wsk-error.ts";

export type Connection = {
  readonly client: () => WhiskClient;
  readonly close: () => void;
};

/**
 * Checks host and certificate before the command runs. Throws usage errors; without a host only
 * when `needsHost`, else later, when the client is asked for.
 */
export function connect(
  properties: Properties,
  flags: FlagSet,
  io: Io,
  needsHost: boolean,
): Connection {
  const insecure = flags.switchedOn("insecure");
  if (needsHost) checkHost(properties.apiHost);
  const pair = loadPair(properties, insecure);
  let client: WhiskClient | undefined;
  return {
    client: () => {
      client ??= new WhiskClient({
        ...pair,
        insecure,
        base: checkHost(properties.apiHost),
        version: properties.apiVersion === "" ? "v1" : properties.apiVersion,
        auth: properties.auth,
        userAgent: userAgent(),
        proxyEnv: io.env,
        watcher: watcherOf(flags, io),
      });
      return client;
    },
    close: () => client?.close(),
  };
}

function checkHost(host: string): string {
  if (host === "") {
    throw usageError("The API host is not valid: An API host must be provided.\n");
  }
  try {
    return baseUrl(host);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw usageError(`The API host is not valid: ${why}`);
  }
}

type Pair = { readonly cert?: string; readonly key?: string };

function loadPair({ cert, key }: Properties, insecure: boolean): Pair {
  if (cert !== "" && key !== "") return readPair(cert, key);
  if (insecure || cert === key) return {};
  const missing = cert === "" ? "Cert" : "Key";
  throw usageError(
    `Unable to initialize server connection: The ${missing} file is not configured. ` +
      `Please configure the missing ${missing} file.\n`,
  );
}

function readPair(certFile: string, keyFile: string): Pair {
  const complaint =
    "Unable to initialize server connection: Unable to load the X509 key pair due to the following reason: ";
  const read = (file: string): string => {
    try {
      return readFileSync(file, "utf8");
    } catch (cause) {
      throw usageError(`${complaint}open ${file}: ${reason(cause)}`);
    }
  };
  const pair = { cert: read(certFile), key: read(keyFile) };
  try {
    // Asked for here: few commands have a certificate, and the module takes long to load.
    process.getBuiltinModule("node:tls").createSecureContext(pair);
  } catch (cause) {
    throw usageError(complaint + (cause instanceof Error ? cause.message : String(cause)));
  }
  return pair;
}

function watcherOf(flags: FlagSet, io: Io): Watcher | undefined {
  const isDebug = flags.switchedOn("debug") || (io.env["WSK_CLI_DEBUG"] ?? "") !== "";
  if (isDebug || flags.switchedOn("verbose")) return traceWatcher(io, isDebug);
  return io.isWatched ? progressWatcher(io) : undefined;
}

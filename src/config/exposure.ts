import { isLoopback } from "../lib/loopback.ts";
import type { Config } from "./config.ts";

/** Where the API can be reached. */
export function listenHosts({ api, tls }: Pick<Config, "api" | "tls">): readonly string[] {
  return tls.port === "off" ? [api.host] : [api.host, tls.host];
}

/**
 * Functions that are not fully sandboxed run with the rights of the server's user: only this
 * machine may deploy them. Returns one line that says why the server must not listen at one of
 * `hosts` with the isolation level it has reached, or undefined when it may.
 */
export function exposureProblem(hosts: readonly string[], isolation: string): string | undefined {
  const host = hosts.find((name) => !isLoopback(name));
  if (isolation === "bwrap" || host === undefined) return undefined;
  return (
    `isolation "${isolation}" does not keep functions away from this machine's files, so the ` +
    `server listens on loopback addresses only, not on ${host}: install bubblewrap, or leave ` +
    "out api.host (--host) and tls.host (--tls-host)"
  );
}

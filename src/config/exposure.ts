import { isLoopback } from "../lib/loopback.ts";

/**
 * Functions that are not fully sandboxed run with the rights of the server's user: only this
 * machine may deploy them. Returns one line that says why the server must not listen at `host`
 * with the isolation level it has reached, or undefined when it may.
 */
export function exposureProblem(host: string, isolation: string): string | undefined {
  if (isolation === "bwrap" || isLoopback(host)) return undefined;
  return (
    `isolation "${isolation}" does not keep functions away from this machine's files, so the ` +
    `server listens on loopback addresses only, not on ${host}: install bubblewrap, or leave ` +
    "out api.host (--host)"
  );
}

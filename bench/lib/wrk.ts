/** The load tool `wrk` (a package of the distribution): closed loop, one thread. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { run } from "./children.ts";
import { Skip } from "./row.ts";

const SCRIPT = join(import.meta.dirname, "invoke.lua");

export type Request = {
  readonly url: string;
  readonly method: "GET" | "POST";
  /** Whole header value. */
  readonly authorization?: string;
  readonly body?: string;
};

export type Load = {
  readonly requests: number;
  readonly requestsPerS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
};

type Summary = {
  readonly requests: number;
  readonly durationUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
  readonly errors: Readonly<Record<string, number>>;
};

/** Throws `Skip` naming what to install when the tool is not there. */
export function requireWrk(): void {
  if (spawnSync("wrk", ["-v"]).error !== undefined) {
    throw new Skip("wrk is not installed (package wrk of the distribution)");
  }
}

/**
 * Reads the summary line that invoke.lua prints below wrk's own text. Throws when there is none or
 * when a single request failed: a figure that counts errors as work would be worthless.
 */
export function parseWrk(output: string): Load {
  const line = output.split("\n").find((text) => text.startsWith('{"requests"'));
  if (line === undefined) throw new Error(`wrk printed no summary: ${output.slice(-500)}`);
  const summary = JSON.parse(line) as Summary;
  const errors = Object.entries(summary.errors).filter(([, count]) => count > 0);
  if (errors.length > 0) {
    const list = errors.map(([kind, count]) => `${count} ${kind}`).join(", ");
    throw new Error(`wrk saw errors: ${list} (of ${summary.requests} requests)`);
  }
  if (summary.requests === 0) throw new Error("wrk completed no request");
  return {
    requests: summary.requests,
    requestsPerS: summary.requests / (summary.durationUs / 1e6),
    p50Ms: summary.p50Us / 1000,
    p99Ms: summary.p99Us / 1000,
    maxMs: summary.maxUs / 1000,
  };
}

/** Sends `request` over `connections` kept-alive connections for `seconds`. */
export async function wrk(request: Request, connections: number, seconds: number): Promise<Load> {
  const { url, method, authorization, body } = request;
  const own = authorization === undefined ? [] : [authorization, body ?? ""];
  const flags = ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "10s", "-s", SCRIPT];
  return parseWrk(await run("wrk", [...flags, url, "--", method, ...own]));
}

/**
 * Requests at a fixed rate, whatever the server does (open loop). A closed loop such as wrk's waits
 * for a slow reply and so never sends the requests that would have met the stall.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";
import type { Request } from "./wrk.ts";

const CONNECTIONS = 64;
const TICK_MS = 1;
/** This many requests without reply mean that the rate is above the capacity. */
const OPEN_MAX = 20_000;

/** How many requests are due `elapsedMs` after the start. Pure. */
export function dueBy(elapsedMs: number, ratePerS: number): number {
  return Math.floor((Math.floor(elapsedMs / TICK_MS) * TICK_MS * ratePerS) / 1000);
}

/**
 * Sends `ratePerS` requests a second, those of a millisecond together as its timer allows.
 * Latencies in ms count from the arrival, so the wait for a free connection is in them.
 */
export async function atFixedRate(
  request: Request,
  ratePerS: number,
  seconds: number,
): Promise<number[]> {
  const { origin, pathname, search } = new URL(request.url);
  const pool = new Pool(origin, { connections: CONNECTIONS, pipelining: 1 });
  const { authorization, body = null, method } = request;
  const headers = { "content-type": "application/json", ...(authorization && { authorization }) };
  const path = pathname + search;
  const latencies: number[] = [];
  const total = dueBy(seconds * 1000, ratePerS);
  const begin = performance.now();
  let sent = 0;
  let failure: Error | undefined;

  const send = (arrival: number): void => {
    pool.dispatch(
      { method, path, headers, body },
      {
        onRequestStart() {},
        onResponseStart(_controller, status) {
          if (status !== 200) failure = new Error(`${method} ${path} answered ${status}`);
        },
        onResponseData() {},
        onResponseEnd() {
          latencies.push(performance.now() - arrival);
        },
        onResponseError(_controller, error) {
          failure = error;
        },
      },
    );
  };

  while (latencies.length < total && failure === undefined) {
    const now = performance.now();
    const due = Math.min(total, dueBy(now - begin, ratePerS));
    for (; sent < due; sent += 1) send(now);
    if (sent - latencies.length > OPEN_MAX) failure = new Error(`cannot keep ${ratePerS} per s`);
    await sleep(TICK_MS);
  }
  await pool.destroy();
  if (failure !== undefined) throw failure;
  return latencies;
}

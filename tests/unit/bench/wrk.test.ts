import { expect, test } from "vitest";
import { parseWrk } from "../../../bench/lib/wrk.ts";

const REPORT = `Running 2s test @ http://127.0.0.1:40001/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.02ms    1.19ms  31.98ms   96.41%
    Req/Sec    80.35k     4.79k   84.90k    90.00%
  160000 requests in 2.00s, 23.03MB read
Requests/sec:  80000.00
Transfer/sec:     11.51MB
`;
const NO_ERRORS = { connect: 0, read: 0, write: 0, timeout: 0, status: 0 };

function output(changes: object = {}): string {
  const summary = {
    requests: 160_000,
    durationUs: 2_000_000,
    p50Us: 724,
    p99Us: 2914,
    maxUs: 31_980,
    errors: NO_ERRORS,
    ...changes,
  };
  return `${REPORT}${JSON.stringify(summary)}\n`;
}

test("reads the summary below the report", () => {
  expect(parseWrk(output())).toEqual({
    requests: 160_000,
    requestsPerS: 80_000,
    p50Ms: 0.724,
    p99Ms: 2.914,
    maxMs: 31.98,
  });
});

test.for(Object.keys(NO_ERRORS))("a single %s error fails the sample", (kind) => {
  const errors = { ...NO_ERRORS, [kind]: 1 };
  expect(() => parseWrk(output({ errors }))).toThrow(`1 ${kind} (of 160000 requests)`);
});

test("a run without a request fails", () => {
  expect(() => parseWrk(output({ requests: 0 }))).toThrow("no request");
});

test("a report without summary is quoted", () => {
  expect(() => parseWrk(REPORT)).toThrow("Transfer/sec");
});

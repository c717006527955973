/**
 * One test per case file. CONFORMANCE_URL and CONFORMANCE_AUTH aim the same cases at any other
 * server, CONFORMANCE_HAS lists what it offers beyond the stock ("concurrency,limits-original").
 */
import { afterAll, describe, expect, test } from "vitest";
import { readCases, readGaps } from "./case-files.ts";
import { runCase, sweep } from "./runner.ts";
import { foreignGateway, foreignServer, ownServers } from "./stages.ts";

const { CONFORMANCE_URL: url, CONFORMANCE_AUTH: auth, CONFORMANCE_HAS: has } = process.env;
const { cases, problems } = readCases();
const { gaps, problems: gapProblems } = readGaps(cases);
const theatre =
  url === undefined
    ? ownServers(cases)
    : foreignServer(url, auth ?? "", has?.split(",") ?? [], foreignGateway(process.env));

afterAll(() => theatre[Symbol.asyncDispose]());

test("every case file and every known gap is well formed", () => {
  expect([...problems, ...gapProblems]).toEqual([]);
});

describe.concurrent("conformance", () => {
  test.for(cases)("$name", async (named, context) => {
    const refusal = theatre.refusal(named);
    if (refusal !== undefined) return context.skip(refusal);
    const stage = await theatre.stage(named);
    const failure = await runCase(named.one, stage).then(
      () => undefined,
      (error: Error) => error,
    );
    if (theatre.shared) await sweep(named.one, stage);
    const gap = gaps.get(named.name);
    if (gap === undefined) {
      if (failure !== undefined) throw failure;
      return;
    }
    if (failure === undefined) throw new Error("passes: take it out of known-gaps.json");
    context.skip(`known gap: ${gap}`);
  });
});

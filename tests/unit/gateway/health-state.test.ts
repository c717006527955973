import { describe, expect, test } from "vitest";
import { parseHealth } from "../../../src/gateway/upstream/health-conf.ts";
import { type HealthReport, HealthState } from "../../../src/gateway/upstream/health-state.ts";

const { active } = parseHealth({ active: {} });

/** Status after each report, one letter each: H healthy, h mostly, u mostly un-, U unhealthy. */
function walk(reports: readonly HealthReport[]): string {
  const state = new HealthState();
  const letters = { healthy: "H", mostly_healthy: "h", mostly_unhealthy: "u", unhealthy: "U" };
  return reports
    .map((report) => {
      state.report(report, active.healthy, active.unhealthy);
      return letters[state.status];
    })
    .join("");
}

const ok = { status: 200 };
const bad = { status: 500 };

describe("health", () => {
  test.each<[string, readonly HealthReport[], string]>([
    ["five failures bring it down", [bad, bad, bad, bad, bad], "hhhhU"],
    ["two refused connections do", ["tcp", "tcp"], "hU"],
    ["three timeouts do", ["timeout", "timeout", "timeout"], "hhU"],
    ["kinds are counted apart", ["tcp", "timeout", bad, "tcp"], "hhhU"],
    ["successes in between start the count anew", ["tcp", ok, ok, "tcp"], "hhHh"],
    ["two successes bring it back", ["tcp", "tcp", ok, ok], "hUuH"],
    ["a failure on the way back does not", ["tcp", "tcp", ok, bad, ok, ok], "hUuuuH"],
    ["a status of neither list counts for nothing", [{ status: 201 }, { status: 418 }], "HH"],
  ])("%s", (_, reports, expected) => {
    expect(walk(reports)).toBe(expected);
  });

  test("a limit of 0 is never reached", () => {
    const state = new HealthState();
    const never = parseHealth({ active: { unhealthy: { tcp_failures: 0 } } }).active;
    for (let count = 0; count < 9; count++) state.report("tcp", never.healthy, never.unhealthy);
    expect(state.status).toBe("healthy");
  });
});

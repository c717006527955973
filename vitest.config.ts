import { defineConfig } from "vitest/config";

// What a test waits for is told by what waits (waitFor, ten seconds), never by a limit of the test
// that is shorter; a busy machine alone fails none.
const patient = {
  testTimeout: 60_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 10_000 } },
} as const;
// One project per ring (docs/testing.md). The rings that start real processes run their files one
// after another: two cores are shared with the platform under test.
const slow = {
  ...patient,
  fileParallelism: false,
  testTimeout: 120_000,
  hookTimeout: 120_000,
} as const;

export default defineConfig({
  test: {
    projects: [
      { test: { name: "tidy", include: ["tests/tidy/**/*.test.ts"], ...patient } },
      { test: { name: "unit", include: ["tests/unit/**/*.test.ts"], ...patient } },
      { test: { name: "contract", include: ["tests/contract/**/*.test.ts"], ...slow } },
      { test: { name: "integration", include: ["tests/integration/**/*.test.ts"], ...slow } },
      { test: { name: "conformance", include: ["tests/conformance/**/*.test.ts"], ...slow } },
      { test: { name: "e2e", include: ["tests/e2e/**/*.test.ts"], ...slow } },
      // Too long for every commit: `.ci/nightly` runs it, `npm test` does not.
      { test: { name: "nightly", include: ["tests/nightly/**/*.test.ts"], ...slow } },
    ],
  },
});

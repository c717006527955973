/** Minutes of traffic over nodes that fail and clients that leave: memory is flat, nothing open. */
import { expect, test } from "vitest";
import { EXPECTED, keptPerThousand, soak } from "../helpers/gateway-soak.ts";
import { INSPECTED, probeHeap } from "../helpers/heap-probe.ts";
import { startPlatform } from "../helpers/platform.ts";

const { MERINGUE_SOAK_SECONDS } = process.env;
const SECONDS = Number(MERINGUE_SOAK_SECONDS ?? 600);
const ROUNDS = 10;
/** Of what is kept for good; a request that leaves an object of 40 bytes behind is beyond it. */
const KEPT_BYTES_PER_THOUSAND_MAX = 4 * 1024;
/** Compiled code, caches that fill and the probe's own noise: they weigh in a short run. */
const NOISE_BYTES = 1024 * 1024;

test("nodes that fail, for minutes", { timeout: (SECONDS + 120) * 1000 }, async () => {
  await using platform = await startPlatform({ gateway: true, env: INSPECTED });
  using probe = await probeHeap(() => platform.logs());
  const soaked = await soak(platform, { seconds: SECONDS, rounds: ROUNDS, probe });
  const { statuses, marks, open, requests, left, changed } = soaked;
  const kept = keptPerThousand(marks);
  const heaps = marks.map(({ heapBytes }) => (heapBytes / 1024 / 1024).toFixed(2));
  console.log(`${requests} requests, ${left} clients left, ${changed} changes`);
  console.log(`MiB in use: ${heaps.join(" ")}; ${kept.toFixed(0)} bytes per 1,000 requests`);
  for (const [path, status] of Object.entries(EXPECTED)) {
    expect([path, ...(statuses.get(path)?.keys() ?? [])]).toEqual([path, status]);
  }
  expect(open.after).toBeLessThanOrEqual(open.before);
  expect(kept).toBeLessThan(KEPT_BYTES_PER_THOUSAND_MAX + (NOISE_BYTES / requests) * 1000);
});

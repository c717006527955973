/** Ten minutes of traffic over nodes that fail: memory stays flat, nothing stays open. */
import { expect, test } from "vitest";
import { EXPECTED, soak } from "../helpers/gateway-soak.ts";
import { startPlatform } from "../helpers/platform.ts";

const SECONDS = 600;
/** The young generation is let grow to three times 32 MiB; beyond that nothing may be kept. */
const GROWTH_MIB_MAX = 100;

test("ten minutes over failing nodes", { timeout: (SECONDS + 60) * 1000 }, async () => {
  await using platform = await startPlatform({ gateway: true });
  const { statuses, residentMiB, open } = await soak(platform, SECONDS);
  console.log(`resident MiB: ${residentMiB.map((one) => one.toFixed(0)).join(" ")}`);
  for (const [path, status] of Object.entries(EXPECTED)) {
    expect([path, ...(statuses.get(path)?.keys() ?? [])]).toEqual([path, status]);
  }
  expect(open.after).toBeLessThanOrEqual(open.before);
  const [, , , early = 0] = residentMiB;
  const late = residentMiB.at(-1) ?? 0;
  expect(late).toBeLessThan(early + GROWTH_MIB_MAX);
});

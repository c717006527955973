import { expect, test } from "vitest";
import type { PluginServices } from "../../../../src/gateway/plugin.ts";
import { sizeOf } from "../../../../src/gateway/plugins/http-logger.ts";
import { Batches, PENDING_BYTES_MAX } from "../../../../src/gateway/plugins/lib/batches.ts";
import type { RequestContext } from "../../../../src/gateway/request-context.ts";

test("entries that wait have so many bytes at most, until some are sent", async () => {
  const logged: string[] = [];
  const services = {
    log: (_level: string, message: string) => void logged.push(message),
    metadata: () => undefined,
  } as unknown as PluginServices;
  const ctx = { connection: { local: { address: "::1" } } } as unknown as RequestContext;
  const sent: number[][] = [];
  let take = (): void => undefined;
  const conf = {
    name: "test",
    max_retry_count: 0,
    retry_delay: 1,
    buffer_duration: 60,
    inactive_timeout: 60,
    batch_max_size: 1,
  };
  const batches = new Batches<typeof conf, number>({
    plugin: "test",
    services,
    batchOf: (one) => one,
    sizeOf: (entry) => entry,
    send: (_conf, entries) => {
      sent.push([...entries]);
      return new Promise((resolve) => {
        take = resolve;
      });
    },
  });
  batches.add(conf, ctx, PENDING_BYTES_MAX - 1);
  batches.add(conf, ctx, 2);
  expect(logged).toEqual(["max pending entries limit exceeded. discarding entry."]);
  take();
  await batches.stop();
  batches.add(conf, ctx, 2);
  expect(sent).toEqual([[PENDING_BYTES_MAX - 1], [2]]);
  take();
  await batches.stop();
});

test("an entry is as long as its texts", () => {
  const body = "x".repeat(1000);
  const bytes = sizeOf({ request: { body, headers: { a: ["b", "c"] } }, status: 200, none: null });
  expect(bytes).toBeGreaterThan(1000);
  expect(bytes).toBeLessThan(1100);
});

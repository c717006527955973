/** One gateway and one node for all tests of a file. */
import { afterAll } from "vitest";
import { startGateway, startUpstream, type TestGateway, type TestUpstream } from "./gateway.ts";

/** To be awaited at the top of the file; both end with its last test. */
export async function sharedGateway(
  options?: Parameters<typeof startGateway>[0],
  handler?: Parameters<typeof startUpstream>[0],
): Promise<{ readonly gateway: TestGateway; readonly upstream: TestUpstream }> {
  const gateway = await startGateway(options);
  const upstream = await startUpstream(handler);
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await upstream[Symbol.asyncDispose]();
  });
  return { gateway, upstream };
}

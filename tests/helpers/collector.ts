/** A server that keeps what it is sent: a log server, or a collector of traces. */
import type { ServerResponse } from "node:http";
import { type Received, startUpstream, type TestUpstream } from "./gateway.ts";
import { waitFor } from "./wait-for.ts";

export type Collector = TestUpstream & {
  /** The JSON bodies of its first requests, when there are so many. */
  bodies(count: number): Promise<unknown[]>;
};

/** Answers with 200 and `{}` unless a handler answers itself. */
export async function startCollector(
  handler: (received: Received, response: ServerResponse) => void = (_, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  },
): Promise<Collector> {
  const upstream = await startUpstream(handler);
  return {
    ...upstream,
    bodies: async (count) => {
      await waitFor(`${count} requests at the collector`, () => upstream.received.length >= count);
      return upstream.received.map(({ body }) => JSON.parse(body) as unknown);
    },
  };
}

import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, test } from "vitest";
import { Http1Sink } from "../../../src/gateway/node-sink.ts";

const PIECE = Buffer.alloc(64 * 1024);

test.each([
  ["while more is to come", false],
  ["when all of it was written", true],
])("a client that takes nothing of its answer is let go %s", async (_when, ends) => {
  const done = Promise.withResolvers<boolean>();
  const server = createServer((_request, response) => {
    const sink = new Http1Sink(response, 100);
    sink.onDone(done.resolve);
    const fill = (): void => {
      while (sink.write(PIECE));
    };
    sink.onDrain(fill);
    if (ends) sink.end(Buffer.alloc(64 * 1024 * 1024));
    else fill();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  client.pause();
  client.on("error", () => undefined);
  client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  expect(await done.promise).toBe(false);
  client.destroy();
  server.close();
  await once(server, "close");
});

test("a client that pauses for less gets everything", async () => {
  const size = 8 * 1024 * 1024;
  const server = createServer((_request, response) => {
    new Http1Sink(response, 60_000).end(Buffer.alloc(size));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } });
  expect((await answer.arrayBuffer()).byteLength).toBe(size);
  server.close();
  await once(server, "close");
});

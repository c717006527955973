import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, test } from "vitest";
import { closeWhenIdle } from "../../../src/lib/close-when-idle.ts";

test("a connection that is kept ends once its last request is answered", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const [, response] = (await once(server, "request")) as [unknown, ServerResponse];
  let isClosed = false;
  const closed = closeWhenIdle(server).then(() => {
    isClosed = true;
  });
  response.write("a");
  await once(client, "data");
  expect(isClosed).toBe(false);
  response.end("b");
  client.resume();
  await closed;
  expect(isClosed).toBe(true);
});

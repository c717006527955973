import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { test } from "vitest";
import { startProxyListener } from "../../../src/gateway/listener.ts";
import { startGateway } from "../../helpers/gateway.ts";
import { waitFor } from "../../helpers/wait-for.ts";

const PIECE = Buffer.alloc(64 * 1024);

test("a client that takes nothing of its answer is let go, and the node with it", async () => {
  const node = createServer((_request, response) => {
    const fill = (): void => {
      while (response.write(PIECE));
    };
    response.on("drain", fill);
    fill();
  });
  node.listen(0, "127.0.0.1");
  await once(node, "listening");
  const { port } = node.address() as AddressInfo;
  await using gateway = await startGateway();
  const listener = await startProxyListener({
    gateway: gateway.gateway,
    host: "127.0.0.1",
    port: 0,
    silenceMs: 200,
  });
  await gateway.put("/routes/1", { uri: "/*", upstream: { nodes: { [`127.0.0.1:${port}`]: 1 } } });
  const client = connect(listener.port, "127.0.0.1");
  client.pause();
  client.on("error", () => undefined);
  client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const [, response] = await once(node, "request");
  await once(response, "close");
  await waitFor("no connection", () => listener.connections() === 0);
  client.destroy();
  await listener.close();
  node.close();
});

/** Upstreams in configurations of plugins: what they hold goes when the configuration is gone. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { startGateway } from "../../helpers/gateway.ts";
import { splitRequest, startRawNode } from "../../helpers/raw-node.ts";
import { waitFor } from "../../helpers/wait-for.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

test("the idle connections of one that was replaced are closed", async () => {
  await using gateway = await startGateway();
  await using node = await startRawNode((socket, all) => {
    if (splitRequest(all.slice(all.lastIndexOf("GET "))) === undefined) return;
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  const upstream = { nodes: { [node.address]: 1 } };
  const split = (size: number) => {
    const pool = { size, idle_timeout: 3600 };
    const weighted_upstreams = [{ upstream: { ...upstream, keepalive_pool: pool }, weight: 1 }];
    const plugins = { "traffic-split": { rules: [{ weighted_upstreams }] } };
    return gateway.put("/routes/s", { uri: "/*", plugins, upstream });
  };
  for (let size = 1; size <= 3; size++) {
    await split(size);
    expect((await gateway.send("/")).text).toBe("ok");
    expect((await gateway.send("/")).text).toBe("ok");
  }
  expect(node.received.length).toBe(3);
  await gateway.delete("/routes/s");
  await gateway.put("/routes/s", { uri: "/*", upstream });
  expect((await gateway.send("/")).text).toBe("ok");
  await waitFor("the connection of the route alone", () => {
    collect();
    return node.open() === 1;
  });
  expect((await gateway.send("/")).text).toBe("ok");
});

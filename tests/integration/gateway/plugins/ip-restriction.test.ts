import { expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import { sharedGateway } from "../../../helpers/shared-gateway.ts";

const { gateway, upstream } = await sharedGateway();

async function send(conf: JsonObject) {
  const plugins = { "ip-restriction": conf };
  await gateway.put("/routes/1", { uri: "/*", plugins, upstream: upstream.upstream });
  return gateway.send("/hello");
}

test.each<[JsonObject, number]>([
  [{ whitelist: ["127.0.0.1"] }, 200],
  [{ whitelist: ["10.0.0.1", "127.0.0.0/24"] }, 200],
  [{ whitelist: ["0.0.0.0/0"] }, 200],
  [{ whitelist: ["127.0.0.2"] }, 403],
  [{ whitelist: ["127.0.1.0/24"] }, 403],
  [{ whitelist: ["::1", "fe80::/10"] }, 403],
  [{ blacklist: ["127.0.0.1"] }, 403],
  [{ blacklist: ["127.0.0.0/8"] }, 403],
  [{ blacklist: ["127.0.0.2", "::/0"] }, 200],
])("%j: %i", async (conf, status) => {
  const answer = await send(conf);
  expect(answer.status).toBe(status);
  if (status === 403) expect(answer.text).toBe('{"message":"Your IP address is not allowed"}\n');
});

test("message and status are configured", async () => {
  const blacklist = ["127.0.0.1"];
  const answer = await send({
    blacklist,
    message: "Do you want to do something bad?",
    response_code: 404,
  });
  expect([answer.status, answer.json]).toEqual([
    404,
    { message: "Do you want to do something bad?" },
  ]);
});

import { expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import { sharedGateway } from "../../../helpers/shared-gateway.ts";

const { gateway, upstream } = await sharedGateway();

const DENY = { denylist: ["my-bot2", "(Twitterspider)/(\\d+)\\.(\\d+)"] };
const ALLOW = { allowlist: ["my-bot1", "(Baiduspider)/(\\d+)\\.(\\d+)"] };

test.each<[JsonObject, string | string[] | undefined, number]>([
  [ALLOW, "my-bot1", 200],
  [ALLOW, "Baiduspider/3.0", 200],
  [ALLOW, "my-bot2", 403],
  [ALLOW, "MY-BOT1", 403],
  [{ allowlist: ["(?i)my-bot1"] }, "MY-BOT1", 200],
  [ALLOW, ["other", "my-bot1"], 200],
  [ALLOW, undefined, 403],
  [{ ...ALLOW, bypass_missing: true }, undefined, 200],
  [{ ...ALLOW, bypass_missing: true }, "", 403],
  [DENY, "my-bot2/1.0", 403],
  [DENY, "Twitterspider/2.0", 403],
  [DENY, "Twitterspider", 200],
  [DENY, ["other", "my-bot2"], 403],
  [DENY, undefined, 403],
  [{ denylist: ["^$"] }, "", 403],
])("%j, agent %s: %i", async (conf, agent, status) => {
  const plugins = { "ua-restriction": conf };
  await gateway.put("/routes/1", { uri: "/*", plugins, upstream: upstream.upstream });
  const headers = agent === undefined ? {} : { "user-agent": agent };
  const answer = await gateway.send("/hello", { headers });
  expect(answer.status).toBe(status);
  if (status === 403) expect(answer.text).toBe('{"message":"Not allowed"}\n');
});

test("the message is configured", async () => {
  const plugins = { "ua-restriction": { denylist: ["x"], message: "No bots" } };
  await gateway.put("/routes/1", { uri: "/*", plugins, upstream: upstream.upstream });
  const answer = await gateway.send("/hello", { headers: { "user-agent": "x" } });
  expect(answer.json).toEqual({ message: "No bots" });
});

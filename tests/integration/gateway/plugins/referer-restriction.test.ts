import { expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import { sharedGateway } from "../../../helpers/shared-gateway.ts";

const { gateway, upstream } = await sharedGateway();

const WHITE = { whitelist: ["*.xx.com", "yy.com", "[::1]"] };
const BLACK = { blacklist: ["*.xx.com", "yy.com"] };

test.each<[JsonObject, string | undefined, number]>([
  [WHITE, "http://yy.com", 200],
  [WHITE, "https://yy.com:8443/a?b=c", 200],
  [WHITE, "http://www.xx.com/", 200],
  [WHITE, "//yy.com/x", 200],
  [WHITE, "http://xx.com", 403],
  [WHITE, "http://www.yy.com", 403],
  [WHITE, "http://yy.com.evil.org", 403],
  [WHITE, "http://evil.org/yy.com", 403],
  [WHITE, "yy.com", 403],
  [WHITE, "http://[::1]:80/", 200],
  [WHITE, undefined, 403],
  [{ ...WHITE, bypass_missing: true }, undefined, 200],
  [{ ...WHITE, bypass_missing: true }, "no URL", 200],
  [{ ...WHITE, bypass_missing: true }, "http://other.com", 403],
  [{ whitelist: ["*"] }, "http://other.com", 200],
  [BLACK, "http://yy.com", 403],
  [BLACK, "http://a.b.xx.com", 403],
  [BLACK, "http://other.com", 200],
  [BLACK, undefined, 403],
])("%j, referer %s: %i", async (conf, referer, status) => {
  const plugins = { "referer-restriction": conf };
  await gateway.put("/routes/1", { uri: "/*", plugins, upstream: upstream.upstream });
  const headers = referer === undefined ? {} : { referer };
  const answer = await gateway.send("/hello", { headers });
  expect(answer.status).toBe(status);
  if (status === 403) expect(answer.text).toBe('{"message":"Your referer host is not allowed"}\n');
});

test("the message is configured", async () => {
  const plugins = { "referer-restriction": { whitelist: ["yy.com"], message: "Go away" } };
  await gateway.put("/routes/1", { uri: "/*", plugins, upstream: upstream.upstream });
  expect((await gateway.send("/hello")).json).toEqual({ message: "Go away" });
});

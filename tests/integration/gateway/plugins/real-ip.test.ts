import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import { sharedGateway } from "../../../helpers/shared-gateway.ts";

const { gateway, upstream } = await sharedGateway();

/** The client's address as the upstream is told it. */
async function seen(conf: JsonObject, path = "/", headers = {}): Promise<unknown> {
  await gateway.put("/routes/1", {
    uri: "/*",
    plugins: { "real-ip": conf },
    upstream: upstream.upstream,
  });
  expect((await gateway.send(path, { headers })).status).toBe(200);
  return upstream.last().headers["x-real-ip"];
}

const FORWARDED = "http_x_forwarded_for";

test.each([
  ["1.1.1.1", "1.1.1.1"],
  ["1.1.1.1:80", "1.1.1.1"],
  ["::2", "::2"],
  ["[::2]:1080", "::2"],
  ["[::2]", "::2"],
  ["1.1.1.300", "127.0.0.1"],
  ["1.1.1.1:65536", "127.0.0.1"],
  ["1.1.1.1:0", "127.0.0.1"],
  ["", "127.0.0.1"],
  ["someone", "127.0.0.1"],
])("an argument of %s makes the client %s", async (given, address) => {
  const path = `/?realip=${encodeURIComponent(given)}`;
  expect(await seen({ source: "arg_realip" }, path)).toBe(address);
});

test("without the source the client stays who it is", async () => {
  expect(await seen({ source: "http_xff" })).toBe("127.0.0.1");
  expect(gateway.logs().some(({ msg }) => String(msg).includes("missing real address"))).toBe(true);
});

describe("X-Forwarded-For", () => {
  test("its last address counts", async () => {
    const headers = { "X-Forwarded-For": "1.1.1.1, 2.2.2.2" };
    expect(await seen({ source: FORWARDED }, "/", headers)).toBe("2.2.2.2");
  });

  test("of several fields the last one", async () => {
    const headers = { "X-Forwarded-For": ["::1", "::2"] };
    expect(await seen({ source: FORWARDED }, "/", headers)).toBe("::2");
  });

  test("only trusted peers are believed", async () => {
    const headers = { "X-Forwarded-For": "1.1.1.1" };
    const conf = { source: FORWARDED, trusted_addresses: ["192.128.0.0/16"] };
    expect(await seen(conf, "/", headers)).toBe("127.0.0.1");
    const trusted = { ...conf, trusted_addresses: ["192.128.0.0/16", "127.0.0.0/24"] };
    expect(await seen(trusted, "/", headers)).toBe("1.1.1.1");
  });

  test("recursively, trusted hops are passed over", async () => {
    const conf = {
      source: FORWARDED,
      trusted_addresses: ["192.128.0.0/16", "127.0.0.0/24"],
      recursive: true,
    };
    const headers = { "X-Forwarded-For": "1.1.1.1, 192.128.1.1, 127.0.0.1" };
    expect(await seen(conf, "/", headers)).toBe("1.1.1.1");
    const trustedOnly = { "X-Forwarded-For": "192.128.1.7, 127.0.0.1" };
    expect(await seen(conf, "/", trustedOnly)).toBe("192.128.1.7");
  });
});

test("port and the connection's own address are variables", async () => {
  await gateway.put("/routes/2", {
    uri: "/port",
    vars: [["uri", "==", "/port"]],
    plugins: {
      "real-ip": { source: "http_xff" },
      echo: {
        body: "both",
        _meta: {
          filter: [
            ["remote_port", "==", 7090],
            ["realip_remote_addr", "==", "127.0.0.1"],
          ],
        },
      },
    },
    upstream: upstream.upstream,
  });
  const told = await gateway.send("/port", { headers: { XFF: "1.1.1.1:7090" } });
  expect(told.text).toBe("both");
  const other = await gateway.send("/port", { headers: { XFF: "1.1.1.1:7091" } });
  expect(other.text).toBe("hello");
});

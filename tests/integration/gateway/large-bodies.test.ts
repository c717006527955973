/** Bodies longer than what is held in memory: only looked at, they pass. */
import { createServer, request as open } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HELD_BODY_BYTES_MAX } from "../../../src/gateway/client-request.ts";
import { type Collector, startCollector } from "../../helpers/collector.ts";
import { startGateway, startUpstream, type TestGateway } from "../../helpers/gateway.ts";

const PIECE = Buffer.alloc(1024 * 1024, "x");
const PIECES = HELD_BODY_BYTES_MAX / PIECE.length + 2;
const LENGTH = PIECES * PIECE.length;

let gateway: TestGateway;
let collector: Collector;
/** Counts what it gets, and sends as much. */
let node: ReturnType<typeof createServer>;
let nodes: Record<string, number>;

beforeEach(async () => {
  gateway = await startGateway();
  collector = await startCollector();
  node = createServer((request, response) => {
    let length = 0;
    request.on("data", (part: Buffer) => {
      length += part.length;
    });
    request.on("end", () => {
      response.setHeader("X-Length", length);
      let sent = 0;
      const send = (): void => {
        while (sent < PIECES && response.write(PIECE)) sent++;
        if (sent >= PIECES) response.end();
        else sent++;
      };
      response.on("drain", send);
      send();
    });
  });
  await new Promise<void>((resolve) => node.listen(0, "127.0.0.1", resolve));
  nodes = { [`127.0.0.1:${(node.address() as AddressInfo).port}`]: 1 };
});

afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  await collector[Symbol.asyncDispose]();
  node.close();
  node.closeAllConnections();
});

type Got = { readonly status: number; readonly atNode: number; readonly back: number };

/** Sends a body of `LENGTH`, at the pace of the gateway. */
function post(framing: "in chunks" | "with a length"): Promise<Got> {
  return new Promise((resolve, reject) => {
    const headers = framing === "in chunks" ? {} : { "Content-Length": LENGTH };
    const request = open(`${gateway.url}/`, { method: "POST", headers }, (response) => {
      let back = 0;
      response.on("data", (part: Buffer) => {
        back += part.length;
      });
      response.on("error", reject);
      response.on("end", () => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, atNode: Number(headers["x-length"]), back });
      });
    });
    request.on("error", reject);
    let sent = 0;
    const send = (): void => {
      while (sent < PIECES) {
        sent++;
        if (!request.write(PIECE)) return;
      }
      request.end();
    };
    request.on("drain", send);
    send();
  });
}

const WHOLE = { status: 200, atNode: LENGTH, back: LENGTH };
const BYTES = 10;

describe.each(["in chunks", "with a length"] as const)("a body %s", (framing) => {
  test("is not mirrored, and the log says so", async () => {
    await using mirror = await startUpstream();
    await gateway.put("/routes/r", {
      uri: "/*",
      plugins: { "proxy-mirror": { host: `http://${mirror.address}` } },
      upstream: { nodes },
    });
    expect(await post(framing)).toEqual(WHOLE);
    expect(mirror.received).toEqual([]);
    expect(gateway.logs().map(({ msg }) => msg)).toContain("a request is too large to be mirrored");
  });

  test.each([
    ["the bodies", { include_req_body: true, include_resp_body: true }],
    ["a format", { log_format: { body: "$request_body" } }],
    ["a format of a form", { log_format: { body: "$request_body", one: "$post_arg_one" } }],
  ])("is logged as far as asked for: %s", async (_, conf) => {
    await gateway.put("/routes/r", {
      uri: "/*",
      plugins: {
        "http-logger": {
          uri: `http://${collector.address}/`,
          batch_max_size: 1,
          max_req_body_bytes: BYTES,
          max_resp_body_bytes: BYTES,
          ...conf,
        },
      },
      upstream: { nodes },
    });
    expect(await post(framing)).toEqual(WHOLE);
    const [entry] = (await collector.bodies(1)) as Record<string, unknown>[];
    const logged = "x".repeat(BYTES);
    const expected =
      "log_format" in conf
        ? { body: logged }
        : { request: { body: logged }, response: { body: logged } };
    expect(entry).toMatchObject(expected);
  });

  test("is mirrored by nobody and logged by two, each to its own limit", async () => {
    const logger = { uri: `http://${collector.address}/`, batch_max_size: 1 };
    await gateway.put("/routes/r", {
      uri: "/*",
      plugins: {
        "http-logger": { ...logger, include_req_body: true, max_req_body_bytes: 3 },
        "proxy-mirror": { host: "http://127.0.0.1:1" },
      },
      upstream: { nodes },
    });
    await gateway.put("/global_rules/g", {
      plugins: { "http-logger": { ...logger, include_req_body: true, max_req_body_bytes: 5 } },
    });
    expect(await post(framing)).toEqual(WHOLE);
    const entries = (await collector.bodies(2)) as {
      readonly request: { readonly body: string };
    }[];
    expect(entries.map(({ request }) => request.body).sort()).toEqual(["xxx", "xxxxx"]);
  });
});

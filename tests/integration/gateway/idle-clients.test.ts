/** Clients of HTTP/1.1 that keep their connection, at both ports: how long, and what they are told. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { generate } from "selfsigned";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ProxyListener, startProxyListener } from "../../../src/gateway/listener.ts";
import { startGateway, type TestGateway } from "../../helpers/gateway.ts";
import { waitFor } from "../../helpers/wait-for.ts";

const SILENCE_MS = 300;
const NAME = "one.example";
let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
  const made = await generate([{ name: "commonName", value: NAME }], { algorithm: "sha256" });
  await gateway.put("/ssls/1", { cert: made.cert, key: made.private, sni: NAME });
  const read = { "request-validation": { body_schema: { type: "object" } } };
  await gateway.put("/routes/1", { uri: "/read", plugins: read });
});
afterAll(() => gateway[Symbol.asyncDispose]());

describe.each([
  ["without TLS", false],
  ["with TLS", true],
])("%s", (_, tls) => {
  let listener: ProxyListener;

  beforeAll(async () => {
    const address = { host: "127.0.0.1", port: 0, silenceMs: SILENCE_MS };
    listener = await startProxyListener({ gateway: gateway.gateway, tls, ...address });
  });
  afterAll(() => listener.close());

  /** A connection that has its first answer. */
  async function used(): Promise<{ readonly socket: Socket; readonly got: () => string }> {
    const at = { host: "127.0.0.1", port: listener.port };
    const secure = { ...at, servername: NAME, rejectUnauthorized: false };
    const socket = tls ? connectTls(secure) : connect(at);
    let text = "";
    socket.on("error", () => undefined);
    socket.setEncoding("latin1").on("data", (piece: string) => {
      text += piece;
    });
    socket.write("GET /none HTTP/1.1\r\nHost: one.example\r\n\r\n");
    await waitFor("the answer", () => text.endsWith('{"error_msg":"404 Route Not Found"}\n'));
    return { socket, got: () => text };
  }

  test("an idle connection is kept for a while, and no number is told", async () => {
    const { socket, got } = await used();
    expect(got()).toMatch(/^Connection: keep-alive\r$/m);
    expect(got()).not.toMatch(/^Keep-Alive:/im);
    await once(socket, "close");
    await waitFor("no connection", () => listener.connections() === 0);
  });

  test("a later request that stops within its body gets 408", async () => {
    const { socket, got } = await used();
    socket.write("POST /read HTTP/1.1\r\nHost: one.example\r\nContent-Length: 9\r\n\r\nabc");
    await once(socket, "close");
    expect(got()).toContain("HTTP/1.1 408 Request Time-out\r\n");
  });
});

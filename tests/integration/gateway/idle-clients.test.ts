/** Clients of HTTP/1.1 that keep their connection, at both ports: how long, and what they are told. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ProxyListener, startProxyListener } from "../../../src/gateway/listener.ts";
import { startGateway, type TestGateway } from "../../helpers/gateway.ts";
import { startSecurePort } from "../../helpers/secure-port.ts";
import { waitFor } from "../../helpers/wait-for.ts";

const SILENCE_MS = 1500;
let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
  const read = { "request-validation": { body_schema: { type: "object" } } };
  await gateway.put("/routes/1", { uri: "/read", plugins: read });
});
afterAll(() => gateway[Symbol.asyncDispose]());

type Listener = Pick<ProxyListener, "connections" | "close"> & { connect(): Socket };

async function plain(): Promise<Listener> {
  const address = { host: "127.0.0.1", port: 0, silenceMs: SILENCE_MS };
  const listener = await startProxyListener({ gateway: gateway.gateway, ...address });
  return { ...listener, connect: () => connect(listener.port, "127.0.0.1") };
}

async function secure(): Promise<Listener> {
  const listener = await startSecurePort(gateway, { silenceMs: SILENCE_MS });
  return { ...listener, connect: () => listener.connect("http/1.1") };
}

describe.each([
  ["without TLS", plain],
  ["with TLS", secure],
])("%s", (_, start) => {
  let listener: Listener;

  beforeAll(async () => {
    listener = await start();
  });
  afterAll(() => listener.close());

  /** A connection that has its first answer. */
  async function used(): Promise<{ readonly socket: Socket; readonly got: () => string }> {
    const socket = listener.connect();
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

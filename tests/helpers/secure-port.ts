/** The TLS port of a gateway under test, and clients of it, who do not look at the certificate. */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
} from "node:http2";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { generate } from "selfsigned";
import {
  type ProxyListener,
  type ProxyListenerOptions,
  startProxyListener,
} from "../../src/gateway/listener.ts";
import type { TestGateway } from "./gateway.ts";

export const NAME = "one.example";

export type SecurePort = ProxyListener & {
  /** HTTP/2. */
  open(more?: SecureClientSessionOptions): ClientHttp2Session;
  /** TLS alone: "http/1.1" or "h2" is spoken by the test. */
  connect(protocol: string): TLSSocket;
};

/** Gives the gateway a certificate for `NAME`. */
export async function startSecurePort(
  { gateway, put }: TestGateway,
  options: Pick<ProxyListenerOptions, "silenceMs"> = {},
): Promise<SecurePort> {
  const { cert, private: key } = await generate([{ name: "commonName", value: NAME }], {
    algorithm: "sha256",
  });
  await put("/ssls/1", { cert, key, sni: NAME });
  const address = { host: "127.0.0.1", port: 0 };
  const listener = await startProxyListener({ gateway, ...address, tls: true, ...options });
  const trusting = { servername: NAME, rejectUnauthorized: false };
  const ignore = (): void => undefined;
  return {
    ...listener,
    open: (more) =>
      connect(`https://127.0.0.1:${listener.port}`, { ...trusting, ...more }).on("error", ignore),
    connect: (protocol) =>
      connectTls({ ...address, port: listener.port, ...trusting, ALPNProtocols: [protocol] }).on(
        "error",
        ignore,
      ),
  };
}

export function get(client: ClientHttp2Session, path: string): ClientHttp2Stream {
  return client.request({ ":path": path, ":authority": NAME }).on("error", () => undefined);
}

/** Its body is written by the test. */
export function post(
  client: ClientHttp2Session,
  path: string,
  more: OutgoingHttpHeaders = {},
): ClientHttp2Stream {
  const headers = { ":path": path, ":method": "POST", ":authority": NAME, ...more };
  return client.request(headers, { endStream: false }).on("error", () => undefined);
}

/** Also where it fails. */
export function closed(stream: ClientHttp2Stream): Promise<void> {
  return new Promise((resolve) => stream.once("close", () => resolve()));
}

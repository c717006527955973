/**
 * The gateway's port for TLS, HTTP/2 and HTTP/1.1. TLS and HTTP/2 are loaded with the first
 * connection: most gateways on a laptop never see one.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2SecureServer, Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Certificates } from "./certificates.ts";

export type TlsHandler = (
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
) => void;

export type TlsListenerOptions = {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly certificates: Certificates;
  readonly serve: TlsHandler;
  /** Takes over connections that ask for another protocol (WebSocket). */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly headerBytesMax: number;
};

const BACKLOG = 1024;
const HANDSHAKE_MS = 60_000;

export class TlsListener {
  readonly port: number;
  readonly #server: Server;
  readonly #options: TlsListenerOptions;
  readonly #sockets = new Set<Socket>();
  #secure: Http2SecureServer | undefined;

  private constructor(server: Server, options: TlsListenerOptions) {
    this.#server = server;
    this.#options = options;
    this.port = (server.address() as AddressInfo).port;
    server.on("error", () => undefined);
    server.on("connection", (socket) => this.#take(socket));
  }

  /** Rejects with the error of the listening socket. */
  static listen(options: TlsListenerOptions): Promise<TlsListener> {
    const { host, port } = options;
    const server = createServer({ noDelay: true });
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host, port, backlog: BACKLOG }, () => {
        server.off("error", reject);
        resolve(new TlsListener(server, options));
      });
    });
  }

  /** Takes no more connections; resolves when the open ones have ended. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#secure?.close();
    });
  }

  closeNow(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #take(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    this.#secure ??= this.#start();
    this.#secure.emit("connection", socket);
  }

  #start(): Http2SecureServer {
    const { certificates, serve, upgrade, headerBytesMax } = this.#options;
    const { createSecureServer } = process.getBuiltinModule("node:http2");
    const secure = createSecureServer({
      allowHTTP1: true,
      handshakeTimeout: HANDSHAKE_MS,
      maxHeaderSize: headerBytesMax,
      SNICallback: (name, callback) => {
        const context = certificates.contextFor(name);
        if (context === undefined) callback(new Error(`no certificate for ${name}`));
        else callback(null, context);
      },
    } as Parameters<typeof createSecureServer>[0]);
    secure.on("request", serve);
    if (upgrade !== undefined) secure.on("upgrade", upgrade);
    // What a client does wrong below HTTP ends its own connection only.
    secure.on("tlsClientError", (_error, socket) => socket.destroy());
    secure.on("sessionError", () => undefined);
    return secure;
  }
}

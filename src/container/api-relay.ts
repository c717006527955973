/**
 * The way from functions without a network to the platform's API, and to nothing else: connections
 * to a unix socket, which the sandbox shows them, go on to the API's host and port.
 */
import { chmodSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { DriverLog } from "./spawner.ts";

/** Connections at once over all functions; a further one is closed. */
const CONNECTIONS_MAX = 1024;

/** The address that functions use inside their own network: loopback, the API's port. */
export function relayedApiUrl(apiHostUrl: string): {
  readonly href: string;
  readonly port: string;
} {
  const url = new URL(apiHostUrl);
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return { href: `${url.protocol}//127.0.0.1:${port}`, port };
}

export class ApiRelay {
  readonly path: string;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(path: string, apiHostUrl: string, log: DriverLog) {
    this.path = path;
    const { hostname } = new URL(apiHostUrl);
    const host = hostname.replace(/^\[|\]$/g, "");
    this.#target = { host, port: Number(relayedApiUrl(apiHostUrl).port) };
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#join(socket));
    this.#server.maxConnections = CONNECTIONS_MAX;
    this.#server.on("error", (error) => log("warn", `relay to the API: ${error.message}`));
  }

  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.path, () => {
        this.#server.off("error", reject);
        // Functions have uids of their own; the folder around the socket is closed to others.
        chmodSync(this.path, 0o666);
        resolve();
      });
    });
  }

  stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #join(inside: Socket): void {
    const outside = connect({ ...this.#target, allowHalfOpen: true });
    for (const [socket, other] of [
      [inside, outside],
      [outside, inside],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}

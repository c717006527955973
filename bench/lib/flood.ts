/**
 * Writes through the Admin API that arrive at a rate, whatever the gateway does. On bare sockets: the
 * load tool shares the machine's cores with what it measures.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ADMIN_KEY } from "./gateway-api.ts";
import type { Server } from "./server.ts";

export type FloodOptions = {
  readonly gateway: Server;
  /** Writes a second. */
  readonly rate: number;
  readonly connections: number;
  /** Resource ("routes/1") and document of the write with this number. */
  readonly write: (count: number) => { readonly path: string; readonly document: object };
};

const TICK_MS = 5;

export class Flood {
  isOver = false;
  readonly #options: FloodOptions;
  readonly #lines: readonly Line[];
  readonly #begin = performance.now();
  readonly #pump: Promise<void>;
  #sent = 0;

  private constructor(options: FloodOptions, lines: readonly Line[]) {
    this.#options = options;
    this.#lines = lines;
    this.#pump = this.#run();
  }

  static async start(options: FloodOptions): Promise<Flood> {
    const { hostname, port } = new URL(options.gateway.urls["gateway-admin"] ?? "");
    const open = async (): Promise<Line> => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      await once(socket, "connect");
      return new Line(socket);
    };
    return new Flood(options, await Promise.all(Array.from(Array(options.connections), open)));
  }

  /** Writes answered a second, until the last one was. Rejects when one was refused. */
  async end(): Promise<number> {
    this.isOver = true;
    await this.#pump;
    await Promise.all(this.#lines.map((line) => line.end()));
    return (this.#sent / (performance.now() - this.#begin)) * 1000;
  }

  async #run(): Promise<void> {
    const { rate, write } = this.#options;
    while (!this.isOver) {
      const due = ((performance.now() - this.#begin) * rate) / 1000;
      for (; this.#sent < due; this.#sent += 1) {
        const { path, document } = write(this.#sent);
        this.#lines[this.#sent % this.#lines.length]?.send(
          requestOf(path, JSON.stringify(document)),
        );
      }
      await sleep(TICK_MS);
    }
  }
}

/** `body` is ASCII. */
function requestOf(path: string, body: string): string {
  return (
    `PUT /apisix/admin/${path} HTTP/1.1\r\nHost: localhost\r\nX-API-KEY: ${ADMIN_KEY}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  );
}

/** One connection: a request after the other, each when the one before was answered. */
class Line {
  readonly #socket: Socket;
  readonly #waiting: string[] = [];
  readonly #idle = Promise.withResolvers<void>();
  #received = "";
  #isBusy = false;
  #isEnding = false;

  constructor(socket: Socket) {
    this.#socket = socket.setEncoding("latin1");
    socket.on("data", (text: string) => this.#receive(text));
    socket.on("close", () => this.#idle.reject(new Error("the Admin API closed a connection")));
    this.#idle.promise.catch(() => undefined);
  }

  send(request: string): void {
    this.#waiting.push(request);
    if (!this.#isBusy) this.#next();
  }

  end(): Promise<void> {
    this.#isEnding = true;
    if (!this.#isBusy) this.#next();
    return this.#idle.promise;
  }

  #next(): void {
    const request = this.#waiting.shift();
    this.#isBusy = request !== undefined;
    if (request !== undefined) {
      this.#socket.write(request, "latin1");
    } else if (this.#isEnding) {
      this.#idle.resolve();
      this.#socket.destroy();
    }
  }

  #receive(text: string): void {
    this.#received += text;
    const head = this.#received.indexOf("\r\n\r\n");
    const length = /content-length: (\d+)/i.exec(this.#received)?.[1];
    if (head < 0 || length === undefined) return;
    if (this.#received.length < head + 4 + Number(length)) return;
    if (/^HTTP\/1\.1 20[01] /.test(this.#received)) {
      this.#received = "";
      this.#next();
    } else {
      this.#idle.reject(new Error(`a write was answered with ${this.#received.slice(0, 300)}`));
      this.#socket.destroy();
    }
  }
}

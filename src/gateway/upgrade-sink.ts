/** Answers a request that asked for another protocol: with a switch, or as any other. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { errorPage, reasonOf } from "./error-page.ts";
import type { HeaderList } from "./header-list.ts";
import { Http1Sink } from "./node-sink.ts";

// An import would evaluate every export of the module, which is felt at the start.
const http = process.getBuiltinModule("node:http");

export class UpgradeSink extends Http1Sink {
  private readonly socket: Duplex;
  private readonly bare: ServerResponse;

  /** `first` is what came after the request's head: of the other protocol already. */
  constructor(request: IncomingMessage, socket: Duplex, first: Buffer) {
    const response = new http.ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket as never);
    super(response);
    this.socket = socket;
    this.bare = response;
    response.on("finish", () => socket.end());
    socket.on("error", () => undefined);
    if (first.length > 0) socket.unshift(first);
  }

  /** nginx's page, and the end of the connection. */
  refuse(status: number): void {
    const page = errorPage(status);
    this.bare.writeHead(status, reasonOf(status), {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Length": page.length,
      Connection: "close",
    });
    this.bare.end(page);
  }

  upgrade(status: number, headers: HeaderList): Duplex {
    const { socket } = this;
    this.bare.detachSocket(socket as never);
    const lines = [...headers].map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`HTTP/1.1 ${status} ${reasonOf(status)}\r\n${lines.join("")}\r\n`, "latin1");
    socket.on("close", () => this.settle(true));
    return socket;
  }
}

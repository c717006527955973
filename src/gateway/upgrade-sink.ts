/** Answers a request that asked for another protocol: with a switch, or as any other. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { reasonOf } from "./error-page.ts";
import type { HeaderList } from "./header-list.ts";
import { Http1Sink } from "./node-sink.ts";

// An import would evaluate every export of the module, which is felt at the start.
const http = process.getBuiltinModule("node:http");

/** A client that does not close its side of an ended connection is waited for so long. */
const LINGER_MS = 2000;

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
    response.on("finish", () => {
      this.settle(true);
      this.linger();
    });
    socket.on("error", () => undefined);
    if (first.length > 0) socket.unshift(first);
    // Nobody reads until the switch: without this, nobody would notice that the client has gone.
    socket.on("readable", this.lookForEnd).on("end", this.leave);
  }

  upgrade(status: number, headers: HeaderList): Duplex {
    const { socket } = this;
    this.bare.detachSocket(socket as never);
    socket.off("readable", this.lookForEnd).off("end", this.leave);
    const lines = [...headers].map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`HTTP/1.1 ${status} ${reasonOf(status)}\r\n${lines.join("")}\r\n`, "latin1");
    socket.on("close", () => this.settle(true));
    return socket;
  }

  /** There was no switch: the connection ends, and what the client has sent behind is not read. */
  private linger(): void {
    const { socket } = this;
    socket.off("readable", this.lookForEnd).off("end", this.leave);
    socket.resume().end();
    const clock = setTimeout(() => socket.destroy(), LINGER_MS).unref();
    socket.once("close", () => clearTimeout(clock));
  }

  /** Leaves in the buffer what the client has sent ahead. */
  private readonly lookForEnd = (): void => {
    if (this.socket.readableLength === 0) this.socket.read(0);
  };

  private readonly leave = (): void => void this.socket.destroy();
}

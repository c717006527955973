/** Two connections of a WebSocket, joined: bytes go both ways as they come. */
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { FrameBoundary } from "./frame-boundary.ts";

/** A tunnel that is told to end has this long to do so, milliseconds. */
const CLOSE_MS = 2000;

/** RFC 6455 5.5.1, 7.4.1: closes with 1001, "going away". A client's frames are masked. */
const GOING_AWAY = Buffer.of(0x88, 0x02, 0x03, 0xe9);
const GOING_AWAY_MASKED = Buffer.of(0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe9);

/** By the client's side. */
const tunnels = new WeakMap<Duplex, Tunnel>();

/**
 * Joins two connections until one of them ends, or nothing was heard of the node for `idleMs`.
 * `count` is told of the bytes for the client as they come.
 */
export function tunnel(
  client: Duplex,
  node: Duplex,
  idleMs: number,
  count: (bytes: number) => void,
): Promise<void> {
  const made = new Tunnel(client, node, idleMs, count);
  tunnels.set(client, made);
  return made.ended;
}

/**
 * The program stops: both peers of a client's tunnel, if it has one, are told so as soon as no
 * frame is under way in either direction. Once is enough.
 */
export function endTunnel(client: Duplex): void {
  tunnels.get(client)?.close();
}

class Tunnel {
  readonly ended: Promise<void>;
  private readonly client: Duplex;
  private readonly node: Duplex;
  private readonly idleMs: number;
  private readonly count: (bytes: number) => void;
  private readonly toClient = new FrameBoundary();
  private readonly toNode = new FrameBoundary();
  private clock: NodeJS.Timeout | undefined;
  private isOver = false;

  constructor(client: Duplex, node: Duplex, idleMs: number, count: (bytes: number) => void) {
    this.client = client;
    this.node = node;
    this.idleMs = idleMs;
    this.count = count;
    this.ended = this.join();
  }

  close(): void {
    if (this.clock !== undefined || this.isOver) return;
    this.clock = setTimeout(() => this.destroy(), CLOSE_MS).unref();
    this.sayGoodbye();
  }

  private join(): Promise<void> {
    const { client, node, idleMs } = this;
    client.pipe(node);
    node.pipe(client);
    // After those of the pipes: what came has been passed on when a frame is seen to be complete.
    node.on("data", (chunk: Buffer) => {
      this.count(chunk.length);
      this.toClient.push(chunk);
      this.sayGoodbye();
    });
    client.on("data", (chunk: Buffer) => {
      this.toNode.push(chunk);
      this.sayGoodbye();
    });
    if ("setTimeout" in node) (node as Socket).setTimeout(idleMs, () => this.destroy());
    return new Promise((resolve) => {
      const end = (side: Duplex): void => {
        this.finish(side === client ? node : client);
        resolve();
      };
      for (const side of [client, node]) {
        side.on("error", () => end(side)).on("close", () => end(side));
      }
    });
  }

  private sayGoodbye(): void {
    const { client, node } = this;
    if (this.clock === undefined || this.isOver) return;
    if (!this.toClient.isBetweenFrames || !this.toNode.isBetweenFrames) return;
    this.isOver = true;
    client.unpipe(node);
    node.unpipe(client);
    // What they still say is not passed on, but must be read for their ends to be seen.
    client.resume().end(GOING_AWAY);
    node.resume().end(GOING_AWAY_MASKED);
  }

  /** One side has gone; what the other was sent before that it may still take. */
  private finish(other: Duplex): void {
    if (other.destroyed) {
      clearTimeout(this.clock);
      return;
    }
    if (this.isOver) return;
    this.isOver = true;
    if ("setTimeout" in other) (other as Socket).setTimeout(this.idleMs, () => this.destroy());
    if (other.writableFinished) other.destroy();
    else other.end(() => other.destroy());
  }

  private destroy(): void {
    this.client.destroy();
    this.node.destroy();
  }
}

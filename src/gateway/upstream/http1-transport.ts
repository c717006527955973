/** Connections to nodes over HTTP/1.1, kept for the next exchange (`keepalive_pool`). */
import { createConnection, type Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { Cancellation } from "./cancellation.ts";
import { Connection, type Settle } from "./connection.ts";
import { type Exchange, type ExchangeAnswer, ExchangeError, type Transport } from "./transport.ts";

export type Http1TransportOptions = {
  /** Idle connections that are kept for each node. */
  readonly size: number;
  /** 0: none is kept */
  readonly idleMs: number;
  /** Exchanges after which a connection is closed. */
  readonly requests: number;
  /** Present: over TLS. */
  readonly tls?: TlsOptions;
};

export type TlsOptions = {
  /** The node's certificate must be valid for the name. */
  readonly verify: boolean;
  readonly cert?: string;
  readonly key?: string;
};

const SWEEP_MS = 1000;

type Task = {
  readonly exchange: Exchange;
  /** Of the connections that can serve it. */
  readonly key: string;
  readonly cancellation: Cancellation;
  /** performance.now() */
  readonly begunMs: number;
};

export class Http1Transport implements Transport {
  private readonly options: Http1TransportOptions;
  /** By node and name; the last one used is the first to be used again. */
  private readonly idle = new Map<string, Connection[]>();
  private readonly keys = new WeakMap<Connection, string>();
  private sweeper: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(options: Http1TransportOptions) {
    this.options = options;
  }

  exchange(exchange: Exchange, cancellation = new Cancellation()): Promise<ExchangeAnswer> {
    return new Promise((resolve, reject) => {
      const settle = { resolve, reject };
      const key = `${exchange.host} ${exchange.port} ${exchange.serverName ?? ""}`;
      const begunMs = performance.now();
      const task = { exchange, key, cancellation, begunMs };
      const kept = this.take(key, begunMs);
      if (kept === undefined) this.runFresh(task, settle);
      else this.runKept(kept, task, settle);
    });
  }

  /** Where the node has closed it meanwhile the request goes out again, on a new one. */
  private runKept(kept: Connection, task: Task, settle: Settle): void {
    const reject = (error: ExchangeError): void => {
      const { exchange } = task;
      const unsent = wentStale(error, kept, exchange) ? kept.unsentBody(exchange) : undefined;
      if (unsent === undefined) settle.reject(error);
      else this.runFresh({ ...task, exchange: resent(exchange, unsent.body) }, settle);
    };
    runUntil(kept, task, 0, { resolve: settle.resolve, reject });
  }

  private runFresh(task: Task, settle: Settle): void {
    const { exchange, key, cancellation, begunMs } = task;
    this.open(exchange, key, cancellation).then(
      (fresh) => runUntil(fresh, task, performance.now() - begunMs, settle),
      settle.reject,
    );
  }

  close(): void {
    this.isClosed = true;
    for (const list of this.idle.values()) for (const one of [...list]) one.close();
    this.idle.clear();
    clearInterval(this.sweeper);
  }

  private take(key: string, now: number): Connection | undefined {
    const list = this.idle.get(key);
    for (let one = list?.pop(); one !== undefined; one = list?.pop()) {
      if (one.isUsable && now < one.idleUntil) return one;
      one.close();
    }
    return undefined;
  }

  private open(exchange: Exchange, key: string, cancellation: Cancellation): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = this.connect(exchange);
      const settle = (error?: unknown, kind: ExchangeError["kind"] = "connect"): void => {
        clearTimeout(clock);
        cancellation.listen(undefined);
        socket.off("error", settle);
        if (error === undefined) {
          resolve(this.adopt(socket, key));
          return;
        }
        socket.on("error", () => undefined);
        socket.destroy();
        reject(new ExchangeError(kind, { wasSent: false, cause: error }));
      };
      const onAbort = (): void => settle(new Error("the client has gone"), "client");
      const onTimeout = (): void => settle(new Error("connecting takes too long"), "timeout");
      const clock = setTimeout(onTimeout, exchange.timeouts.connectMs);
      socket.once("error", settle);
      const ready = this.options.tls === undefined ? "connect" : "secureConnect";
      socket.once(ready, () => settle());
      cancellation.listen(onAbort);
    });
  }

  private connect({ host, port, serverName }: Exchange): Socket {
    const { tls } = this.options;
    if (tls === undefined) return createConnection({ host, port, noDelay: true });
    const options: ConnectionOptions = {
      host,
      port,
      rejectUnauthorized: tls.verify,
      ALPNProtocols: ["http/1.1"],
      ...(serverName === undefined ? {} : { servername: serverName }),
      ...(tls.cert === undefined ? {} : { cert: tls.cert }),
      ...(tls.key === undefined ? {} : { key: tls.key }),
    };
    return process.getBuiltinModule("node:tls").connect(options).setNoDelay(true);
  }

  private adopt(socket: Socket, key: string): Connection {
    const connection = new Connection(socket, {
      idle: (one) => this.keep(one),
      closed: (one) => this.drop(one),
    });
    this.keys.set(connection, key);
    return connection;
  }

  private keep(connection: Connection): void {
    const { size, idleMs, requests } = this.options;
    const key = this.keys.get(connection) ?? "";
    const list = this.idle.get(key) ?? [];
    const isWanted = !this.isClosed && idleMs > 0 && connection.served < requests;
    if (!isWanted || list.length >= size) {
      connection.close();
      return;
    }
    list.push(connection);
    this.idle.set(key, list);
    this.sweeper ??= setInterval(() => this.sweep(), SWEEP_MS).unref();
  }

  private drop(connection: Connection): void {
    const list = this.idle.get(this.keys.get(connection) ?? "");
    const at = list?.indexOf(connection) ?? -1;
    if (at < 0) return;
    list?.splice(at, 1);
  }

  /** One timer for all connections: most are used again long before they are too old. */
  private sweep(): void {
    const oldest = performance.now() - this.options.idleMs;
    for (const [key, list] of this.idle) {
      for (const one of list.filter(({ idleSince }) => idleSince < oldest)) one.close();
      if (list.length === 0) this.idle.delete(key);
    }
    if (this.idle.size > 0) return;
    clearInterval(this.sweeper);
    this.sweeper = undefined;
  }
}

/** A kept connection that the node had closed: the request goes out again on a new one. */
function wentStale(error: ExchangeError, connection: Connection, { method }: Exchange): boolean {
  const isSafe = method !== "POST" && method !== "PATCH" && method !== "LOCK";
  return error.kind === "reset" && connection.isUntouched && isSafe;
}

/** A body that has come to its end meanwhile has a length. */
function resent(exchange: Exchange, body: Exchange["body"]): Exchange {
  if (body === exchange.body) return exchange;
  return { ...exchange, body, ...(Buffer.isBuffer(body) ? { contentLength: body.length } : {}) };
}

/** Gives up when the client has gone. */
function runUntil(
  connection: Connection,
  { exchange, cancellation, begunMs }: Task,
  connectMs: number,
  { resolve, reject }: Settle,
): void {
  connection.run(exchange, begunMs, connectMs, {
    resolve: (answer) => {
      cancellation.listen(undefined);
      resolve(answer);
    },
    reject: (error) => {
      cancellation.listen(undefined);
      reject(error);
    },
  });
  // Afterwards: a client that has gone already ends it at once.
  cancellation.listen(() => connection.destroy());
}

/**
 * A gateway for tests: configuration in memory, a real listener, and real upstream servers. Says of
 * nothing that it worked: tests look at answers and at what the upstreams received.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { JsonObject } from "../../src/core/documents.ts";
import type {
  ConfigChange,
  ConfigEntry,
  ConfigPut,
  ConfigStore,
} from "../../src/gateway/config-store.ts";
import { createGateway, type Gateway, type GatewayOptions } from "../../src/gateway/gateway.ts";
import { startProxyListener } from "../../src/gateway/listener.ts";
import { PLUGINS } from "../../src/gateway/plugins/table.ts";
import { createLogger } from "../../src/lib/log.ts";
import { type Answer, type RequestOptions, request } from "./http.ts";

/** Tells its watchers at once, as one change after the other. */
export class MemoryConfigStore implements ConfigStore {
  private readonly entries = new Map<string, ConfigEntry>();
  private readonly listeners = new Set<(changes: readonly ConfigChange[]) => void>();
  private index = 0;

  async get(key: string): Promise<ConfigEntry | undefined> {
    return this.entries.get(key);
  }

  async list(folder: string): Promise<readonly ConfigEntry[]> {
    return [...this.entries.values()].filter(({ key }) => key.startsWith(`${folder}/`));
  }

  async put(key: string, value: JsonObject, _options?: ConfigPut): Promise<ConfigEntry> {
    const modifiedIndex = ++this.index;
    const createdIndex = this.entries.get(key)?.createdIndex ?? modifiedIndex;
    const entry = { key, value: structuredClone(value), createdIndex, modifiedIndex };
    this.entries.set(key, entry);
    this.tell({ type: "put", entry });
    return entry;
  }

  async delete(key: string): Promise<boolean> {
    const existed = this.entries.delete(key);
    if (existed) this.tell({ type: "delete", key, modifiedIndex: ++this.index });
    return existed;
  }

  watch(listener: (changes: readonly ConfigChange[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private tell(change: ConfigChange): void {
    for (const listener of this.listeners) listener([change]);
  }
}

export type TestGateway = AsyncDisposable & {
  readonly url: string;
  readonly port: number;
  readonly gateway: Gateway;
  readonly store: MemoryConfigStore;
  /** Open at the proxy port. */
  readonly connections: () => number;
  /** Lines of the log so far, as objects. */
  readonly logs: () => readonly Record<string, unknown>[];
  /** Writes a resource: `put("/routes/1", { uri: "/hello", … })`. In force when it resolves. */
  put(key: string, value: JsonObject): Promise<void>;
  delete(key: string): Promise<void>;
  /** One request to the proxy port, sent exactly as asked. */
  send(path: string, options?: Omit<RequestOptions, "path">): Promise<Answer>;
};

/** The plugins are those of `plugins/table.ts`, unless `options.plugins` says otherwise. */
export async function startGateway(
  options: Partial<Omit<GatewayOptions, "store">> = {},
): Promise<TestGateway> {
  const lines: string[] = [];
  const store = new MemoryConfigStore();
  const log = createLogger({
    level: "debug",
    readable: false,
    write: (line) => void lines.push(line),
  });
  const gateway = await createGateway({ store, plugins: PLUGINS, log, ...options });
  const listener = await startProxyListener({ gateway, host: "127.0.0.1", port: 0 });
  const { port } = listener;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    port,
    gateway,
    store,
    connections: () => listener.connections(),
    logs: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    put: async (key, value) => void (await store.put(key, value)),
    delete: async (key) => void (await store.delete(key)),
    send: (path, rest = {}) => request(url, { ...rest, path }),
    [Symbol.asyncDispose]: async () => {
      await listener.close();
      await gateway.stop();
    },
  };
}

/** What an upstream received. */
export type Received = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly rawHeaders: readonly string[];
  readonly body: string;
};

export type TestUpstream = AsyncDisposable & {
  readonly port: number;
  /** "127.0.0.1:<port>", as `nodes` has it */
  readonly address: string;
  /** `{ type: "roundrobin", nodes: { "127.0.0.1:<port>": 1 } }` */
  readonly upstream: JsonObject;
  readonly received: Received[];
  last(): Received;
};

/** Answers with 200 and the text "hello" unless a handler answers itself. */
export async function startUpstream(
  handler: (received: Received, response: ServerResponse) => void = (_, response) => {
    response.writeHead(200, { "content-type": "text/plain" }).end("hello");
  },
): Promise<TestUpstream> {
  const received: Received[] = [];
  const server = createServer((incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on("data", (part: Buffer) => parts.push(part));
    incoming.on("end", () => {
      const { method = "", url = "", headers, rawHeaders } = incoming;
      const body = Buffer.concat(parts).toString("utf8");
      const one = { method, url, headers, rawHeaders, body };
      received.push(one);
      handler(one, response);
    });
  });
  const port = await listen(server);
  const address = `127.0.0.1:${port}`;
  return {
    port,
    address,
    upstream: { type: "roundrobin", nodes: { [address]: 1 } },
    received,
    last: () => {
      const last = received.at(-1);
      if (last === undefined) throw new Error("the upstream has received nothing");
      return last;
    },
    [Symbol.asyncDispose]: () => close(server),
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Connections to Redis servers, clusters and sentinels: one for all configurations that agree. */
import { createHash } from "node:crypto";
import type { Cluster, Redis } from "ioredis";
import { LRUCache } from "lru-cache";
import type { PluginServices } from "../../plugin.ts";
import type { RedisConf } from "./redis-schema.ts";

/** Servers with settings that are connected to at once; the one unused for longest is left. */
const CLIENTS_MAX = 100;
const TIMEOUT_MS = 1000;
/** Finding a node, learning which has the key, and asking that one: each may take its time. */
const CLUSTER_STEPS = 3;
const IDLE_MS = 10_000;
const RECONNECT_MS_MAX = 2000;
const PORT = 6379;

type Client = Redis | Cluster;
export type RedisArgument = string | number;

type Connected = { readonly client: Promise<Client>; readonly idle: NodeJS.Timeout };

export class RedisClients {
  private readonly log: PluginServices["log"];
  private readonly clients = new LRUCache<string, Connected>({
    max: CLIENTS_MAX,
    dispose: ({ client, idle }) => {
      clearTimeout(idle);
      void client.then(leave).catch(() => undefined);
    },
  });

  /** Those whose database is refused, with the reason. */
  private readonly broken = new WeakMap<Client, string>();
  /** What went wrong last with those that cannot be used now. */
  private readonly failures = new WeakMap<Client, string>();

  constructor(log: PluginServices["log"]) {
    this.log = log;
  }

  /**
   * Runs a script on one key; the server remembers its text. Rejects when the server cannot be
   * reached in time, or refuses.
   */
  async run(
    conf: RedisConf,
    script: RedisScript,
    key: string,
    args: readonly RedisArgument[],
  ): Promise<unknown> {
    return this.ask(conf, async (client) => {
      try {
        return await client.evalsha(script.digest, 1, key, ...args);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
        return client.eval(script.text, 1, key, ...args);
      }
    });
  }

  get(conf: RedisConf, key: string): Promise<string | null> {
    return this.ask(conf, (client) => client.get(key));
  }

  stop(): void {
    this.clients.clear();
  }

  private of(conf: RedisConf): Promise<Client> {
    const id = identityOf(conf);
    const known = this.clients.get(id);
    if (known !== undefined) {
      known.idle.refresh();
      return known.client;
    }
    const client = connect(conf).then((made) => this.watch(made));
    const { redis_keepalive_timeout: idleMs = IDLE_MS } = conf;
    const idle = setTimeout(() => this.clients.delete(id), idleMs).unref();
    this.clients.set(id, { client, idle });
    return client;
  }

  private async ask<T>(conf: RedisConf, command: (client: Client) => Promise<T>): Promise<T> {
    const client = await this.of(conf);
    this.throwIfBroken(client);
    try {
      return await inTime(conf, command(client));
    } catch (cause) {
      // Why the server cannot be used says more than that the client has given up.
      const reason = this.failures.get(client);
      throw reason === undefined ? cause : new Error(reason, { cause });
    }
  }

  private throwIfBroken(client: Client): void {
    const reason = this.broken.get(client);
    if (reason !== undefined) throw new Error(reason);
  }

  /** Told once, until it can be used again: it is tried for ever. */
  private watch(client: Client): Client {
    let isTold = false;
    client.on("error", (error: Error) => {
      if (isRefusedDatabase(error)) {
        // It would go on in another database, and count what others count there.
        this.broken.set(client, `failed to change redis db, err: ${error.message}`);
        client.disconnect(true);
      }
      if (!isTold) this.log("warn", "Redis cannot be used", { reason: error.message });
      isTold = true;
      this.failures.set(client, error.message);
    });
    client.on("close", () => {
      if (!this.failures.has(client)) this.failures.set(client, "the connection was closed");
    });
    client.on("ready", () => {
      this.broken.delete(client);
      this.failures.delete(client);
      isTold = false;
    });
    return client;
  }
}

function isRefusedDatabase(error: Error): boolean {
  return (error as { command?: { name?: string } }).command?.name === "select";
}

/** A cluster none of whose nodes answers would keep commands for ever. */
function inTime<T>(conf: RedisConf, command: Promise<T>): Promise<T> {
  if (conf.policy !== "redis-cluster") return command;
  const { redis_timeout: timeout = TIMEOUT_MS } = conf;
  return new Promise((resolve, reject) => {
    const clock = setTimeout(() => reject(new Error("timeout")), CLUSTER_STEPS * timeout);
    command.then(resolve, reject).finally(() => clearTimeout(clock));
  });
}

/** What is under way is waited for. */
async function leave(client: Client): Promise<void> {
  try {
    if (client.status === "ready") await client.quit();
  } finally {
    client.disconnect();
  }
}

export class RedisScript {
  readonly text: string;
  readonly digest: string;

  constructor(text: string) {
    this.text = text;
    this.digest = createHash("sha1").update(text).digest("hex");
  }
}

/** Of all that concerns the connection, so that passwords are no keys of maps. */
function identityOf(conf: RedisConf): string {
  const settings = Object.entries(conf).filter(([name]) =>
    /^(policy$|redis_|sentinel_)/.test(name),
  );
  return createHash("sha256").update(JSON.stringify(settings.sort())).digest("hex");
}

async function connect(conf: RedisConf): Promise<Client> {
  // Most gateways never need it: it is loaded with the first configuration that does.
  const { Cluster, Redis } = await import("ioredis");
  if (conf.policy === "redis-cluster") return new Cluster(clusterNodes(conf), clusterOptions(conf));
  return conf.policy === "redis-sentinel"
    ? new Redis(sentinelOptions(conf))
    : new Redis(options(conf));
}

const RETRIES = {
  maxRetriesPerRequest: 0,
  retryStrategy: (times: number): number => Math.min(times * 100, RECONNECT_MS_MAX),
};

function options(conf: RedisConf) {
  const { redis_timeout: timeout = TIMEOUT_MS } = conf;
  return {
    ...RETRIES,
    host: conf.redis_host ?? "127.0.0.1",
    port: conf.redis_port ?? PORT,
    db: conf.redis_database ?? 0,
    connectTimeout: timeout,
    commandTimeout: timeout,
    ...credentials(conf.redis_username, conf.redis_password),
    ...(conf.redis_ssl === true ? tls(conf.redis_ssl_verify) : {}),
  };
}

function sentinelOptions(conf: RedisConf) {
  const { sentinel_username: username, sentinel_password: password } = conf;
  return {
    ...RETRIES,
    sentinels: [...(conf.redis_sentinels ?? [])],
    name: conf.redis_master_name ?? "",
    role: conf.redis_role ?? "master",
    db: conf.redis_database ?? 0,
    connectTimeout: conf.redis_connect_timeout ?? TIMEOUT_MS,
    commandTimeout: conf.redis_read_timeout ?? TIMEOUT_MS,
    ...credentials(conf.redis_username, conf.redis_password),
    ...(username === undefined ? {} : { sentinelUsername: username }),
    ...(password ? { sentinelPassword: password } : {}),
  };
}

function clusterNodes({ redis_cluster_nodes: nodes = [] }: RedisConf): {
  host: string;
  port: number;
}[] {
  return nodes.map((node) => {
    const at = node.lastIndexOf(":");
    const port = Number(node.slice(at + 1));
    return at < 0 ? { host: node, port: PORT } : { host: node.slice(0, at), port };
  });
}

function clusterOptions(conf: RedisConf) {
  const { redis_timeout: timeout = TIMEOUT_MS } = conf;
  return {
    slotsRefreshTimeout: timeout,
    clusterRetryStrategy: RETRIES.retryStrategy,
    redisOptions: {
      connectTimeout: timeout,
      commandTimeout: timeout,
      ...credentials(undefined, conf.redis_password),
      ...(conf.redis_cluster_ssl === true ? tls(conf.redis_cluster_ssl_verify) : {}),
    },
  };
}

type Credentials = { username?: string; password?: string };

function credentials(username: string | undefined, password: string | undefined): Credentials {
  if (!password) return {};
  return username === undefined ? { password } : { username, password };
}

function tls(verifies: boolean | undefined): { tls: { rejectUnauthorized: boolean } } {
  return { tls: { rejectUnauthorized: verifies === true } };
}

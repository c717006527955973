/** Which certificate a TLS client gets: by the name it asks for, from the `ssls` resources. */
import { createSecureContext, type SecureContext, type SecureVersion } from "node:tls";
import type { JsonObject } from "../../core/documents.ts";
import type { ConfigStore } from "../config-store.ts";

type Log = (level: "info" | "warn" | "error", message: string, fields?: object) => void;

export class Certificates {
  readonly #store: Pick<ConfigStore, "list" | "watch">;
  readonly #log: Log;
  readonly #unwatch: () => void;
  /** By name; the context is made when a client first asks. */
  #byName: ReadonlyMap<string, JsonObject> = new Map();
  #contexts = new WeakMap<JsonObject, SecureContext>();

  private constructor(store: Pick<ConfigStore, "list" | "watch">, log: Log) {
    this.#store = store;
    this.#log = log;
    this.#unwatch = store.watch((changes) => {
      const isOurs = changes.some((change) => {
        const key = change.type === "put" ? change.entry.key : change.key;
        return key.startsWith("/ssls/");
      });
      if (isOurs) void this.#read();
    });
  }

  static async open(store: Pick<ConfigStore, "list" | "watch">, log: Log): Promise<Certificates> {
    const certificates = new Certificates(store, log);
    await certificates.#read();
    return certificates;
  }

  stop(): void {
    this.#unwatch();
  }

  /** Undefined: there is none for this name. A wildcard stands for one label. */
  contextFor(serverName: string): SecureContext | undefined {
    const name = serverName.toLowerCase().replace(/\.$/u, "");
    const wildcard = `*${name.slice(Math.max(name.indexOf("."), 0))}`;
    const conf = this.#byName.get(name) ?? this.#byName.get(wildcard) ?? this.#byName.get("*");
    if (conf === undefined) return undefined;
    const known = this.#contexts.get(conf);
    if (known !== undefined) return known;
    const made = this.#make(name, conf);
    if (made !== undefined) this.#contexts.set(conf, made);
    return made;
  }

  async #read(): Promise<void> {
    const byName = new Map<string, JsonObject>();
    const entries = [...(await this.#store.list("/ssls"))];
    for (const { value } of entries.sort((a, b) => a.createdIndex - b.createdIndex)) {
      if (value["type"] === "client" || value["status"] === 0) continue;
      for (const name of namesOf(value)) byName.set(name, value);
    }
    this.#byName = byName;
  }

  #make(name: string, conf: JsonObject): SecureContext | undefined {
    try {
      return createSecureContext({
        cert: [conf["cert"], ...listOf(conf["certs"])].map(String),
        key: [conf["key"], ...listOf(conf["keys"])].map(String),
        ...versions(conf["ssl_protocols"]),
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#log("error", "a certificate cannot be used", { name, id: conf["id"], reason });
      return undefined;
    }
  }
}

function namesOf({ sni, snis }: JsonObject): string[] {
  return [sni, ...listOf(snis)].flatMap((name) =>
    typeof name === "string" ? [name.toLowerCase()] : [],
  );
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

const VERSIONS: readonly SecureVersion[] = ["TLSv1.1", "TLSv1.2", "TLSv1.3"];

function versions(list: unknown): { minVersion?: SecureVersion; maxVersion?: SecureVersion } {
  const found = VERSIONS.filter((version) => listOf(list).includes(version));
  const [minVersion] = found;
  const maxVersion = found.at(-1);
  return minVersion === undefined || maxVersion === undefined ? {} : { minVersion, maxVersion };
}

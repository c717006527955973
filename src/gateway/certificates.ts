/** Certificates by server name, out of the `ssls` (apisix-gateway.md 10). */
import type { SecureContext } from "node:tls";
import type { Json, JsonObject } from "../core/documents.ts";
import { isJsonObject } from "../lib/json.ts";
import type { ConfigMirror } from "./config-mirror.ts";
import type { ConfigEntry } from "./config-store.ts";
import { compilePattern } from "./pattern.ts";
import type { Secrets } from "./secrets.ts";

export type ClientCertificate = { readonly cert: string; readonly key: string };

export type TlsRequest = {
  /** SNI */
  readonly serverName: string | undefined;
  /** Lower case, without port. */
  readonly host: string;
  readonly path: string;
  /** The client showed a certificate that the `ssl` for the SNI accepts. */
  readonly isVerified: boolean;
};

/** Of one `ssl`: how to make its context, made at the first handshake. */
type Held = { readonly entry: ConfigEntry; context: Promise<SecureContext> | undefined };

export class Certificates {
  private readonly mirror: ConfigMirror;
  private readonly secrets: Secrets;
  private readonly warn: (message: string, fields: object) => void;
  private version = -1;
  private byName = new Map<string, Held>();

  constructor(
    mirror: ConfigMirror,
    secrets: Secrets,
    warn: (message: string, fields: object) => void,
  ) {
    this.mirror = mirror;
    this.secrets = secrets;
    this.warn = warn;
  }

  /** Calls back with an error for a name nobody has a certificate for: the handshake fails. */
  answer(name: string, done: (error: Error | null, context?: SecureContext) => void): void {
    const held = this.find(name.toLowerCase());
    if (held === undefined) {
      this.warn("failed to match any SSL certificate by SNI", { sni: name });
      done(new Error("no certificate for this name"));
      return;
    }
    held.context ??= this.contextOf(held.entry.value);
    held.context.then(
      (context) => done(null, context),
      (error: Error) => {
        held.context = undefined;
        this.warn("a certificate cannot be used", { ssl: held.entry.key, err: error });
        done(error);
      },
    );
  }

  /**
   * Whether a request may pass that came over a connection for one name and is for a host: where
   * either demands a certificate of the client, the handshake must have had one for this very host.
   */
  admits(request: TlsRequest): boolean {
    const { host, path, isVerified } = request;
    const serverName = request.serverName?.toLowerCase() ?? "";
    const asked = this.find(serverName)?.entry.value;
    if (demandsClient(asked) && !isVerified && !skips(asked, path)) return false;
    // What the handshake has seen, or a path was spared, counts for no other host.
    return serverName === host || !demandsClient(this.find(host)?.entry.value);
  }

  /**
   * Whether the `ssl` for the name lets the protocol be spoken ("TLSv1.2"). Asked after the
   * handshake: a context chosen by name has no say in the version.
   */
  allows(serverName: string, protocol: string): boolean {
    const protocols = this.find(serverName.toLowerCase())?.entry.value["ssl_protocols"];
    return !Array.isArray(protocols) || protocols.includes(protocol);
  }

  /** The `ssl` of type "client" with the id, for upstreams; undefined: there is none. */
  async client(id: string): Promise<ClientCertificate | undefined> {
    const value = this.mirror.get("ssls", id)?.value;
    if (value?.["type"] !== "client") return undefined;
    const { cert, key } = await this.secrets.resolve(value);
    return { cert: String(cert), key: String(key) };
  }

  /** The exact name before "*.": one label, as certificates count. */
  private find(name: string): Held | undefined {
    this.refresh();
    const dot = name.indexOf(".");
    return this.byName.get(name) ?? (dot < 0 ? undefined : this.byName.get(`*${name.slice(dot)}`));
  }

  private refresh(): void {
    const version = this.mirror.version("ssls");
    if (version === this.version) return;
    this.version = version;
    const before = new Map([...this.byName.values()].map((held) => [held.entry, held]));
    this.byName = new Map();
    for (const entry of this.mirror.entries("ssls").values()) {
      const { type = "server", status = 1 } = entry.value;
      if (type !== "server" || status === 0) continue;
      const held = before.get(entry) ?? { entry, context: undefined };
      for (const name of namesOf(entry.value)) this.byName.set(name.toLowerCase(), held);
    }
  }

  private async contextOf(value: JsonObject): Promise<SecureContext> {
    const resolved = await this.secrets.resolve(value);
    const { cert, key, certs = [], keys = [], client } = resolved;
    const ca = isJsonObject(client) ? client["ca"] : undefined;
    // An import would read all root certificates at the start.
    return process.getBuiltinModule("node:tls").createSecureContext({
      cert: [cert, ...listOf(certs)].map(String),
      key: [key, ...listOf(keys)].map(String),
      ...(typeof ca === "string" ? { ca } : {}),
    });
  }
}

function demandsClient(value: JsonObject | undefined): boolean {
  return isJsonObject(value?.["client"]);
}

/** Whether no certificate is needed for the path. */
function skips(value: JsonObject | undefined, path: string): boolean {
  const client = value?.["client"];
  const patterns = isJsonObject(client) ? client["skip_mtls_uri_regex"] : undefined;
  if (!Array.isArray(patterns)) return false;
  return patterns.some((pattern) => compilePattern(String(pattern))?.test(path) === true);
}

function namesOf({ sni, snis }: JsonObject): string[] {
  return [sni, ...listOf(snis)].filter((name): name is string => typeof name === "string");
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

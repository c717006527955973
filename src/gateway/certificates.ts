/** Certificates by server name, out of the `ssls` (apisix-gateway.md 10). */
import type { X509Certificate } from "node:crypto";
import type { SecureContext, SecureContextOptions, TLSSocket } from "node:tls";
import type { Json, JsonObject } from "../core/documents.ts";
import { isJsonObject } from "../lib/json.ts";
import {
  type CertificateChoice,
  chooseCertificate,
  type Handshake,
  kindOfKey,
} from "./certificate-choice.ts";
import { ClientChains, certificatesIn } from "./client-chains.ts";
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

/** Of one `ssl`: a context for each of its certificates, made at the first handshake. */
type Held = {
  readonly entry: ConfigEntry;
  choices: Promise<readonly CertificateChoice[]> | undefined;
  /** Whose certificates clients may show, when that was asked for: may be a secret. */
  authorities: readonly X509Certificate[] | undefined;
};

/** Of authorities between a client's certificate and a root. */
const DEPTH = 1;

export class Certificates {
  private readonly mirror: ConfigMirror;
  private readonly secrets: Secrets;
  private readonly warn: (message: string, fields: object) => void;
  private readonly unnamed: string;
  private version = -1;
  private byName = new Map<string, Held>();
  private readonly chains = new ClientChains();

  constructor(
    mirror: ConfigMirror,
    secrets: Secrets,
    warn: (message: string, fields: object) => void,
    /** The name that stands for that of a handshake without one; default none. */
    unnamed = "",
  ) {
    this.unnamed = normal(unnamed);
    this.mirror = mirror;
    this.secrets = secrets;
    this.warn = warn;
  }

  /** Calls back with an error for a name nobody has a certificate for: the handshake fails. */
  answer(
    name: string,
    handshake: Handshake,
    done: (error: Error | null, context?: SecureContext) => void,
  ): void {
    const held = this.find(normal(name));
    if (held === undefined) {
      this.warn("failed to match any SSL certificate by SNI", { sni: name });
      done(new Error("no certificate for this name"));
      return;
    }
    held.choices ??= this.choicesOf(held);
    held.choices.then(
      (choices) => done(null, chooseCertificate(choices, handshake)),
      (error: Error) => {
        held.choices = undefined;
        this.warn("a certificate cannot be used", { ssl: held.entry.key, err: error });
        done(error);
      },
    );
  }

  /**
   * Calls back with the certificate for handshakes without a name, now and when it may have
   * changed; with an empty one where there is none. Never where no name stands for theirs.
   */
  followUnnamed(use: (options: SecureContextOptions) => void): void {
    if (this.unnamed === "") return;
    let changes = 0;
    const renew = async (): Promise<void> => {
      const change = ++changes;
      const held = this.find(this.unnamed);
      const options = held === undefined ? {} : await this.optionsOf(held);
      // Secrets of an earlier change may come later than those of the last.
      if (change === changes) use(options);
    };
    const attempt = (): void => {
      renew().catch((err: unknown) => {
        this.warn("the certificate for handshakes without a name cannot be used", { err });
      });
    };
    attempt();
    this.mirror.onChange((written) => {
      if (written.some(({ folder }) => folder === "ssls")) attempt();
    });
  }

  /**
   * Whether a request may pass that came over a connection for one name and is for a host: where
   * either demands a certificate of the client, the handshake must have had one for this very host.
   */
  admits(request: TlsRequest): boolean {
    const { host, path, isVerified } = request;
    const serverName = this.nameOf(request.serverName);
    const asked = this.find(serverName)?.entry.value;
    if (demandsClient(asked) && !isVerified && !skips(asked, path)) return false;
    // What the handshake has seen, or a path was spared, counts for no other host.
    return serverName === host || !demandsClient(this.find(host)?.entry.value);
  }

  /**
   * Whether the client has shown a certificate that the `ssl` for the name of its handshake asks
   * for: one that was verified and leads to its authorities, over at most `client.depth` others.
   */
  accepts(serverName: string, socket: TLSSocket): boolean {
    const held = this.find(this.nameOf(serverName));
    const client = held?.entry.value["client"];
    if (held === undefined || !socket.authorized || !isJsonObject(client)) return false;
    const leaf = socket.getPeerX509Certificate();
    const { depth = DEPTH } = client;
    const length = leaf && this.chains.lengthTo(leaf, authoritiesOf(held, client));
    return length !== undefined && length <= Number(depth);
  }

  /**
   * Whether the `ssl` for the name lets the protocol be spoken ("TLSv1.2"). Asked after the
   * handshake: a context chosen by name has no say in the version.
   */
  allows(serverName: string, protocol: string): boolean {
    const protocols = this.find(this.nameOf(serverName))?.entry.value["ssl_protocols"];
    return !Array.isArray(protocols) || protocols.includes(protocol);
  }

  /** The `ssl` of type "client" with the id, for upstreams; undefined: there is none. */
  async client(id: string): Promise<ClientCertificate | undefined> {
    const value = this.mirror.get("ssls", id)?.value;
    if (value?.["type"] !== "client") return undefined;
    const { cert, key } = await this.secrets.resolve(value);
    return { cert: String(cert), key: String(key) };
  }

  private nameOf(serverName: string | undefined): string {
    return serverName ? normal(serverName) : this.unnamed;
  }

  /** The exact name before "*.", one label, as certificates count; then "*", whatever the name. */
  private find(name: string): Held | undefined {
    this.refresh();
    const dot = name.indexOf(".");
    const wild = dot < 0 ? undefined : this.byName.get(`*${name.slice(dot)}`);
    return this.byName.get(name) ?? wild ?? this.byName.get("*");
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
      const held = before.get(entry) ?? { entry, choices: undefined, authorities: undefined };
      for (const name of namesOf(entry.value)) this.byName.set(normal(name), held);
    }
  }

  /** Node takes one certificate only from a context that is chosen by name: one for each. */
  private async choicesOf(held: Held): Promise<readonly CertificateChoice[]> {
    const { cert: certs, key: keys, ca } = await this.optionsOf(held);
    // An import would read all root certificates at the start.
    const { createSecureContext } = process.getBuiltinModule("node:tls");
    return certs.map((cert, at) => {
      const key = keys[at] ?? "";
      const context = createSecureContext({ cert, key, ...(ca === undefined ? {} : { ca }) });
      return { context, kind: certs.length < 2 ? undefined : kindOfKey(key) };
    });
  }

  private async optionsOf(held: Held): Promise<ServerOptions> {
    const resolved = await this.secrets.resolve(held.entry.value);
    const { cert, key, certs = [], keys = [], client } = resolved;
    const ca = isJsonObject(client) ? client["ca"] : undefined;
    if (typeof ca === "string") held.authorities = certificatesIn(ca);
    return {
      cert: [cert, ...listOf(certs)].map(String),
      key: [key, ...listOf(keys)].map(String),
      ...(typeof ca === "string" ? { ca } : {}),
    };
  }
}

/** Certificates, and the key of each. */
type ServerOptions = {
  readonly cert: string[];
  readonly key: string[];
  readonly ca?: string;
};

/** Names have no case, and one with the dot of the root at its end is the same name. */
function normal(name: string): string {
  return name.toLowerCase().replace(/\.$/u, "");
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

/** Before the first handshake: of a text; of a secret none yet. */
function authoritiesOf(held: Held, { ca }: JsonObject): readonly X509Certificate[] {
  if (held.authorities !== undefined) return held.authorities;
  const found = certificatesIn(String(ca));
  if (found.length > 0) held.authorities = found;
  return found;
}

function namesOf({ sni, snis }: JsonObject): string[] {
  return [sni, ...listOf(snis)].filter((name): name is string => typeof name === "string");
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

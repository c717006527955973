/** Puts the edge together: HTTPS and redirect listeners, and what stands before the API on each. */
import type { RequestListener } from "node:http";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "../config/config.ts";
import { unavailable } from "../controller/unavailable.ts";
import { createEdge, type DownloadHandler } from "../edge/edge.ts";
import { TrustedProxies } from "../edge/forwarded.ts";
import type { KeyPairSource } from "../edge/key-pair-source.ts";
import { redirectToSecure } from "../edge/redirect.ts";
import { HttpListener } from "../lib/http-listener.ts";
import type { Logger } from "../lib/log.ts";

/** Beside the compiled program; the same from dist/ and from src/. */
const SCRIPT = fileURLToPath(new URL("../../dist/wsk.cjs", import.meta.url));
const PROCESSORS: Readonly<Record<string, string>> = { x64: "amd64" };

export class Edge {
  readonly proxies: TrustedProxies;
  readonly #config: Config;
  readonly #logger: Logger;
  #secure: { readonly listener: HttpListener; readonly source: KeyPairSource } | undefined;
  #redirect: HttpListener | undefined;

  constructor(config: Config, logger: Logger) {
    this.#config = config;
    this.#logger = logger;
    this.proxies = new TrustedProxies(config.edge.trustedProxies);
  }

  /** Opens the listeners that are asked for; they answer 503 until `serve`. */
  async listen(): Promise<void> {
    const { api, tls } = this.#config;
    if (tls.port === "off") return;
    const bounds = { host: tls.host, headerBytesMax: api.headerBytesMax, unavailable };
    const source = await this.#keyPairs();
    const listener = await HttpListener.listen({
      ...bounds,
      port: tls.port,
      portFlag: "--tls-port",
      keyPair: source.first,
    });
    this.#secure = { listener, source };
    source.watch((pair) => listener.renew(pair));
    if (tls.redirectPort === "off") return;
    const plain = { ...bounds, port: tls.redirectPort, portFlag: "--tls-redirect-port" };
    this.#redirect = await HttpListener.listen(plain);
    this.#redirect.serve(redirectToSecure(listener.port, this.proxies));
  }

  async #keyPairs(): Promise<KeyPairSource> {
    // Most servers have no HTTPS listener, and start faster without the code of it.
    const { fileSource, selfSignedSource } = await import("../edge/key-pair-source.ts");
    const { certificateNames } = await import("../edge/self-signed.ts");
    const { api, tls, edge, data } = this.#config;
    const log = (level: "info" | "warn", message: string, fields?: object): void =>
      this.#logger[level](message, { ...fields });
    if (tls.cert !== "self-signed") return fileSource({ cert: tls.cert, key: tls.key, log });
    const names = certificateNames({
      machineName: hostname(),
      listenHosts: [api.host, tls.host],
      vanityHosts: edge.vanityHosts,
    });
    return selfSignedSource({ folder: join(data.folder, "tls"), names, log, now: Date.now });
  }

  /** HTTPS requests go to `api` from now on; gives the handler of the API's own listener. */
  serve(api: RequestListener): RequestListener {
    let loading: Promise<DownloadHandler> | undefined;
    const options = {
      api,
      proxies: this.proxies,
      vanityHosts: this.#config.edge.vanityHosts.map((host) => host.toLowerCase()),
      downloads: (...args: Parameters<DownloadHandler>): void => {
        loading ??= this.#downloads();
        loading.then(
          (answer) => answer(...args),
          (err: unknown) => {
            this.#logger.error("the downloads cannot be loaded", { err });
            args[1].writeHead(503).end();
          },
        );
      },
    };
    this.#secure?.listener.serve(createEdge({ ...options, isPublic: true }));
    return createEdge({ ...options, isPublic: false });
  }

  /** Loaded when the first one asks. */
  async #downloads(): Promise<DownloadHandler> {
    const { downloadsFor } = await import("../edge/download-tree.ts");
    const { createDownloads } = await import("../edge/downloads.ts");
    const { WskExecutable } = await import("../edge/wsk-executable.ts");
    const processor = PROCESSORS[process.arch] ?? process.arch;
    return createDownloads({
      downloads: downloadsFor({ system: process.platform, processor }),
      script: SCRIPT,
      executable: new WskExecutable({
        script: SCRIPT,
        folder: join(this.#config.data.folder, "downloads"),
        node: process.execPath,
      }),
      proxies: this.proxies,
      log: (level, message, fields) => this.#logger[level](message, { ...fields }),
    });
  }

  /** What listens beside the API: roles "https" and "redirect". */
  get listeners(): readonly {
    readonly role: string;
    readonly host: string;
    readonly port: number;
  }[] {
    const { host } = this.#config.tls;
    const row = (role: string, listener: HttpListener | undefined) =>
      listener === undefined ? [] : [{ role, host, port: listener.port }];
    return [...row("https", this.#secure?.listener), ...row("redirect", this.#redirect)];
  }

  refuse(): void {
    this.#secure?.listener.refuse();
  }

  async close(): Promise<void> {
    await Promise.all([this.#secure?.listener.close(), this.#redirect?.close()]);
  }

  closeNow(): void {
    this.#secure?.source.stop();
    this.#secure?.listener.closeNow();
    this.#redirect?.closeNow();
  }
}

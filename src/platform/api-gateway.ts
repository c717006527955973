/**
 * Composition of the API gateway: its port, its APIs on disk, the management interface under the
 * API's own address, and what the package `/whisk.system/apimgmt` must know of it.
 */
import { randomBytes } from "node:crypto";
import type { Listener } from "../cli/meringue/context.ts";
import type { Config } from "../config/config.ts";
import type { Authenticator } from "../controller/auth.ts";
import type { ServiceRoute } from "../controller/routes.ts";
import type { JsonObject } from "../core/documents.ts";
import { ApiBook } from "../gateway/api-gateway/api-book.ts";
import { createApiGateway } from "../gateway/api-gateway/api-gateway.ts";
import { SubscriptionBook } from "../gateway/api-gateway/subscription-book.ts";
import type { ConfigStore } from "../gateway/config-store.ts";
import { HttpListener } from "../lib/http-listener.ts";
import type { Logger } from "../lib/log.ts";
import type { IdentityStore } from "../store/store.ts";
import { MANAGEMENT_PREFIX, managementService } from "./api-management.ts";
import { openOrMove } from "./gateway-ports.ts";

export type ApiGatewayDeps = {
  readonly config: ConfigStore;
  readonly identities: IdentityStore;
  readonly auth: Pick<Authenticator, "identify">;
  /** Where this platform answers, for functions and for the gateway itself. */
  readonly apiUrl: string;
  readonly logger: Logger;
};

export type RunningApiGateway = {
  readonly service: ServiceRoute;
  /** Parameters of the package `apimgmt`. */
  readonly parameters: JsonObject;
  /** "http://HOST:PORT", before the path of an API. */
  readonly url: string;
  readonly listeners: readonly Listener[];
  readonly warnings: readonly string[];
  /** Takes no more connections; resolves when open requests are answered. */
  drain(): Promise<void>;
  stop(): Promise<void>;
};

const DEFAULT_PORT = 3234;
const SECRET = "/apis/secret";

/** Rejects with one line when the port cannot be had. */
export async function startApiGateway(
  { apigw, api, edge }: Config,
  deps: ApiGatewayDeps,
): Promise<RunningApiGateway> {
  const { host } = apigw;
  const { headerBytesMax } = api;
  const listen = (port: number): Promise<HttpListener> =>
    HttpListener.listen({ host, port, portFlag: "--apigw-port", headerBytesMax });
  const { listener, warning } =
    apigw.port === "auto"
      ? await openOrMove("API gateway's", DEFAULT_PORT, listen)
      : { listener: await listen(Number(apigw.port)), warning: undefined };
  try {
    const { book, subscriptions, secret } = await openState(deps.config);
    const gateway = await createApiGateway({
      book,
      subscriptions,
      backend: apigw.backend === "platform" ? deps.apiUrl : undefined,
      log: deps.logger,
      trustedAddresses: edge.trustedProxies,
    });
    listener.serve(gateway.serve);
    const url = apigw.publicUrl === "auto" ? urlOf(host, listener.port) : apigw.publicUrl;
    const management = { apis: book, subscriptions, publicUrl: url };
    return {
      service: managementService({ ...deps, management, secret }),
      parameters: { gwUrlV2: `${deps.apiUrl}${MANAGEMENT_PREFIX}v2`, gwSecret: secret },
      url,
      listeners: [{ role: "api-gateway", host, port: listener.port }],
      warnings: warning === undefined ? [] : [warning],
      drain: () => listener.close(),
      async stop() {
        listener.closeNow();
        await gateway.stop();
      },
    };
  } catch (cause) {
    listener.closeNow();
    throw cause;
  }
}

async function openState(config: ConfigStore): Promise<{
  readonly book: ApiBook;
  readonly subscriptions: SubscriptionBook;
  readonly secret: string;
}> {
  const [book, subscriptions, stored] = await Promise.all([
    ApiBook.open(config),
    SubscriptionBook.open(config),
    config.get(SECRET),
  ]);
  const known = stored?.value["secret"];
  if (typeof known === "string") return { book, subscriptions, secret: known };
  const secret = randomBytes(32).toString("hex");
  await config.put(SECRET, { secret });
  return { book, subscriptions, secret };
}

function urlOf(host: string, port: number): string {
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}

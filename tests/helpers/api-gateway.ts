/** An API gateway for tests: configuration in memory, a real listener, its management interface. */
import type { Json, JsonObject } from "../../src/core/documents.ts";
import { ApiBook } from "../../src/gateway/api-gateway/api-book.ts";
import { createApiGateway } from "../../src/gateway/api-gateway/api-gateway.ts";
import { type ManagementAnswer, manage } from "../../src/gateway/api-gateway/management.ts";
import type { OauthUrls } from "../../src/gateway/api-gateway/plugins/oauth.ts";
import { SubscriptionBook } from "../../src/gateway/api-gateway/subscription-book.ts";
import type { ConfigStore } from "../../src/gateway/config-store.ts";
import { openMemoryConfigStore } from "../../src/gateway/store/memory.ts";
import { HttpListener } from "../../src/lib/http-listener.ts";
import { createLogger } from "../../src/lib/log.ts";
import { type Answer, type RequestOptions, request } from "./http.ts";

export type Managed = { readonly status: number; readonly body: Json | undefined };

export type TestApiGateway = AsyncDisposable & {
  readonly url: string;
  /** Asks the management interface: `manage("GET", "apis")`. */
  manage(
    method: string,
    path: string,
    body?: Json | string,
    options?: { readonly tenant?: string; readonly revision?: number },
  ): Promise<Managed>;
  /** Creates an API; gives its id. */
  add(document: JsonObject, tenant?: string): Promise<string>;
  send(path: string, options?: Omit<RequestOptions, "path">): Promise<Answer>;
};

/** Without `backend` requests go where the documents say. */
export async function startApiGateway(
  options: {
    readonly store?: ConfigStore;
    readonly backend?: string;
    readonly oauthUrls?: OauthUrls;
    readonly trustedAddresses?: readonly string[];
    readonly now?: () => number;
  } = {},
): Promise<TestApiGateway> {
  const { store = await openMemoryConfigStore(), backend, ...rest } = options;
  const apis = await ApiBook.open(store);
  const subscriptions = await SubscriptionBook.open(store);
  const log = createLogger({ level: "error" });
  const gateway = await createApiGateway({ book: apis, subscriptions, backend, log, ...rest });
  const listener = await HttpListener.listen({
    host: "127.0.0.1",
    port: 0,
    portFlag: "--apigw-port",
    headerBytesMax: 32 * 1024,
  });
  listener.serve(gateway.serve);
  const url = `http://127.0.0.1:${listener.port}`;
  const ask: TestApiGateway["manage"] = async (method, path, body, asked = {}) => {
    const [before = "", query = ""] = path.split("?");
    const text =
      body === undefined || typeof body === "string" ? (body ?? "") : JSON.stringify(body);
    const answer: ManagementAnswer = await manage(
      { apis, subscriptions, publicUrl: url },
      {
        method,
        tenant: asked.tenant ?? "t",
        rest: before.split("/"),
        query: new URLSearchParams(query),
        revision: asked.revision,
        body: () => Promise.resolve(Buffer.from(text)),
      },
    );
    const parsed = answer.body === "" ? undefined : (JSON.parse(answer.body) as Json);
    return { status: answer.status, body: parsed };
  };
  return {
    url,
    manage: ask,
    async add(document, tenant = "t") {
      const { status, body } = await ask("POST", "apis", document, { tenant });
      if (status !== 200) throw new Error(`the API was refused: ${JSON.stringify(body)}`);
      return String((body as JsonObject)["artifact_id"]);
    },
    send: (path, more = {}) => request(url, { ...more, path }),
    async [Symbol.asyncDispose]() {
      listener.closeNow();
      await gateway.stop();
    },
  };
}

/** A document in which every operation has one target; `more` are its further members. */
export function apiDocument(
  target: string,
  paths: Readonly<Record<string, readonly string[]>>,
  more: JsonObject = {},
): JsonObject {
  const operations = Object.entries(paths).map(([path, verbs]) => [
    path,
    Object.fromEntries(verbs.map((verb) => [verb, { operationId: `${verb} ${path}` }])),
  ]);
  const execute = [{ invoke: { "target-url": target, verb: "keep" } }];
  return {
    swagger: "2.0",
    info: { title: "Club", version: "1.0.0" },
    basePath: "/club",
    paths: Object.fromEntries(operations),
    "x-ibm-configuration": { assembly: { execute } },
    ...more,
  };
}

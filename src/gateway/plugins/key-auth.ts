/** `key-auth`: a consumer is known by a key in a header or in the query. */
import type { Plugin } from "../plugin.ts";
import type { RequestContext } from "../request-context.ts";
import {
  ANONYMOUS_CONSUMER,
  type AuthenticationConf,
  admit,
  type Identified,
  identifyThen,
  realmSchema,
} from "./lib/authentication.ts";

export type KeyAuthConf = AuthenticationConf & {
  readonly header: string;
  readonly query: string;
  readonly hide_credentials: boolean;
};

type Source = "header" | "query";

export const keyAuth: Plugin<KeyAuthConf> = {
  name: "key-auth",
  version: 0.1,
  priority: 2500,
  type: "auth",
  schema: {
    type: "object",
    properties: {
      header: { type: "string", default: "apikey" },
      query: { type: "string", default: "apikey" },
      realm: realmSchema("key"),
      hide_credentials: { type: "boolean", default: false },
      anonymous_consumer: ANONYMOUS_CONSUMER,
    },
  },
  consumerSchema: {
    type: "object",
    properties: { key: { type: "string" } },
    required: ["key"],
  },
  encryptFields: ["key"],
  create: (services) => ({
    rewrite: (conf, ctx) => {
      const admission = { plugin: NAME, scheme: "apikey", services };
      const { source, key } = readKey(conf, ctx);
      const refusal = `${source === undefined ? "Missing" : "Invalid"} API key in request`;
      const identify = (): Identified => {
        const consumer = key === undefined ? undefined : services.consumers.find(NAME, "key", key);
        return consumer === undefined ? { refusal } : { consumer };
      };
      return identifyThen(services, identify, (identified) => {
        if (conf.hide_credentials) {
          // Of an identified request the other place is not known to hold a credential.
          const isKnown = "consumer" in identified;
          if (!isKnown || source === "header") hide(conf, ctx, "header");
          if (!isKnown || source === "query") hide(conf, ctx, "query");
        }
        return admit(admission, conf, ctx, identified);
      });
    },
  }),
};

const NAME = keyAuth.name;

/** The header comes first. A repeated argument, or one without value, is no key. */
function readKey(
  { header, query }: KeyAuthConf,
  { request }: RequestContext,
): { readonly source?: Source; readonly key?: string } {
  const sent = request.headers.get(header);
  if (sent !== undefined) return { source: "header", key: sent };
  const values = request.args.getAll(query);
  if (values.length === 0) return {};
  const [value] = values;
  if (values.length > 1 || typeof value !== "string") return { source: "query" };
  return { source: "query", key: value };
}

function hide(conf: KeyAuthConf, { request }: RequestContext, source: Source): void {
  if (source === "header") request.headers.remove(conf.header);
  else if (request.args.delete(conf.query)) request.setArgs(request.args);
}

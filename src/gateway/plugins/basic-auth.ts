/** `basic-auth`: a consumer is known by user name and password (RFC 7617). */
import type { Plugin, PluginServices } from "../plugin.ts";
import type { RequestContext } from "../request-context.ts";
import {
  ANONYMOUS_CONSUMER,
  type AuthenticationConf,
  admitByHeader,
  equalSecrets,
  type Identified,
  identifyThen,
  realmSchema,
} from "./lib/authentication.ts";
import { decodeBase64 } from "./lib/base64.ts";

export type BasicAuthConf = AuthenticationConf & { readonly hide_credentials: boolean };

export const basicAuth: Plugin<BasicAuthConf> = {
  name: "basic-auth",
  version: 0.1,
  priority: 2520,
  type: "auth",
  schema: {
    type: "object",
    title: "work with route or service object",
    properties: {
      hide_credentials: { type: "boolean", default: false },
      realm: realmSchema("basic"),
      anonymous_consumer: ANONYMOUS_CONSUMER,
    },
  },
  consumerSchema: {
    type: "object",
    title: "work with consumer object",
    properties: { username: { type: "string" }, password: { type: "string" } },
    required: ["username", "password"],
  },
  encryptFields: ["password"],
  create: (services) => ({
    rewrite: (conf, ctx) => {
      const admission = { plugin: NAME, scheme: "Basic", services };
      return identifyThen(
        services,
        () => identify(services, ctx),
        (identified) => admitByHeader(admission, conf, ctx, identified),
      );
    },
  }),
};

const NAME = basicAuth.name;

function identify({ consumers }: PluginServices, { request }: RequestContext): Identified {
  const header = request.headers.get("authorization");
  if (header === undefined) return { refusal: "Missing authorization in request" };
  const sent = parseBasic(header);
  if (sent === undefined) return { refusal: "Invalid authorization in request" };
  const consumer = consumers.find(NAME, "username", sent.username);
  const password = consumer?.authConf["password"];
  const isRight = typeof password === "string" && equalSecrets(password, sent.password);
  if (consumer === undefined || !isRight) return { refusal: "Invalid user authorization" };
  return { consumer };
}

export type BasicCredentials = { readonly username: string; readonly password: string };

/**
 * As the original reads them: blanks are taken out of both, and a password ends at its first colon.
 * Undefined: it is no such header.
 */
export function parseBasic(header: string): BasicCredentials | undefined {
  const [, encoded] = /basic\s(.+)/i.exec(header) ?? [];
  const decoded = encoded === undefined ? undefined : decodeBase64(encoded)?.toString("utf8");
  const parts = decoded?.split(":") ?? [];
  // Nothing after the last colon: there is no password.
  while (parts.at(-1) === "") parts.pop();
  const [username, password] = parts;
  if (username === undefined || password === undefined) return undefined;
  return { username: withoutBlanks(username), password: withoutBlanks(password) };
}

function withoutBlanks(text: string): string {
  return text.replace(/\s+/g, "");
}

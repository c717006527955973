/** A real OpenID provider with clients that may ask for tokens of their own. */
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Provider } from "oidc-provider";
import { basic, request } from "./http.ts";

/** One client per method by which it says who it is; its id is the name of the method. */
export const CLIENT_SECRET = "a secret that is long enough: 0123456789abcdef";
const METHODS = [
  "client_secret_basic",
  "client_secret_post",
  "client_secret_jwt",
  "private_key_jwt",
] as const;
/** What access tokens are for when they are JWTs. */
export const RESOURCE = "urn:test:api";

export type OpenidProvider = AsyncDisposable & {
  readonly issuer: string;
  readonly discovery: string;
  /** PEM: the key that signs tokens, and the one of the client "private_key_jwt". */
  readonly publicKey: string;
  readonly clientPrivateKey: string;
  /** Paths that were asked for, in order. */
  readonly asked: string[];
  /** An access token by client credentials: a JWT, or one that only the provider can read. */
  token(form: "jwt" | "opaque", scope?: string): Promise<string>;
};

export async function startOpenidProvider(): Promise<OpenidProvider> {
  const signing = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const client = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clientJwk = { ...client.publicKey.export({ format: "jwk" }), use: "sig", alg: "RS256" };
  const provider = new Provider(issuer, {
    clientAuthMethods: METHODS,
    clients: METHODS.map((method) => ({
      client_id: method,
      client_secret: CLIENT_SECRET,
      token_endpoint_auth_method: method,
      grant_types: ["client_credentials"],
      response_types: [],
      redirect_uris: [],
      ...(method === "private_key_jwt" ? { jwks: { keys: [clientJwk] } } : {}),
    })),
    cookies: { keys: ["for tests"] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: "read write",
          audience: "client_secret_basic",
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
    scopes: ["openid", "read", "write"],
    jwks: { keys: [{ ...signing.privateKey.export({ format: "jwk" }), kid: "one", use: "sig" }] },
  });
  const answer = provider.callback();
  const asked: string[] = [];
  server.on("request", (incoming, response) => {
    asked.push(incoming.url ?? "");
    answer(incoming, response);
  });
  return {
    issuer,
    discovery: `${issuer}/.well-known/openid-configuration`,
    publicKey: String(signing.publicKey.export({ type: "spki", format: "pem" })),
    clientPrivateKey: String(client.privateKey.export({ type: "pkcs8", format: "pem" })),
    asked,
    token: async (form, scope = "read") => {
      const body = new URLSearchParams({ grant_type: "client_credentials", scope });
      if (form === "jwt") body.set("resource", RESOURCE);
      const headers = {
        authorization: basic(`client_secret_basic:${encodeURIComponent(CLIENT_SECRET)}`),
        "content-type": "application/x-www-form-urlencoded",
      };
      const sent = { method: "POST", path: "/token", headers, body: body.toString() };
      const { status, text, json } = await request(issuer, sent);
      if (status !== 200) throw new Error(`no token: ${text}`);
      return (json as { access_token: string }).access_token;
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

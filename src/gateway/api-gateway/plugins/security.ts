/**
 * Lets in clients that have subscribed to the API: by a key, or by an id and a secret. Who it was
 * is left for the rate limit.
 */
import { createHash } from "node:crypto";
import type { Plugin, PluginExit } from "../../plugin.ts";
import { createSlot, type RequestContext } from "../../request-context.ts";
import type { Security } from "../api.ts";
import { refusal } from "../refusal.ts";

type KeySecurity = Extract<Security, { readonly type: "apiKey" }>;
type SecretSecurity = Extract<Security, { readonly type: "clientSecret" }>;

export type SecurityConf = {
  readonly api: string;
  readonly entries: readonly (KeySecurity | SecretSecurity)[];
};

export type Subscriptions = {
  hasKey(api: string, clientId: string): boolean;
  /** `hash`: SHA-256 of the secret, hex. */
  hasSecret(api: string, clientId: string, hash: string): boolean;
};

/** The client that was let in. */
export const CLIENT = createSlot<string>("openwhisk-client");

export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

export function createSecurity(subscriptions: Subscriptions): Plugin<SecurityConf> {
  return {
    name: "openwhisk-security",
    version: 0.1,
    priority: 80,
    schema: { type: "object", required: ["api", "entries"] },
    create: () => ({
      rewrite: ({ api, entries }, ctx) => {
        for (const entry of entries) {
          const exit =
            entry.type === "apiKey"
              ? checkKey(subscriptions, api, entry, ctx)
              : checkSecret(subscriptions, api, entry, ctx);
          if (exit !== undefined) return exit;
        }
        return undefined;
      },
    }),
  };
}

function checkKey(
  subscriptions: Subscriptions,
  api: string,
  { header = "x-api-key" }: KeySecurity,
  ctx: RequestContext,
): PluginExit | undefined {
  const key = headerOf(ctx, header);
  if (key === undefined || !subscriptions.hasKey(api, key)) return refusal(401, "Unauthorized");
  remember(ctx, key);
  return undefined;
}

function checkSecret(
  subscriptions: Subscriptions,
  api: string,
  entry: SecretSecurity,
  ctx: RequestContext,
): PluginExit | undefined {
  const { idHeader = "X-Client-ID", secretHeader = "X-Client-Secret" } = entry;
  const id = headerOf(ctx, idHeader);
  if (id === undefined) return refusal(401, `${idHeader} required`);
  const secret = headerOf(ctx, secretHeader);
  if (secret === undefined) return refusal(401, `${secretHeader} required`);
  if (!subscriptions.hasSecret(api, id, hashSecret(secret))) {
    return refusal(401, "Secret mismatch or not subscribed to this api.");
  }
  remember(ctx, id);
  return undefined;
}

/** Undefined also for an empty one. */
function headerOf({ request }: RequestContext, name: string): string | undefined {
  const value = request.head.headers.get(name);
  return value === "" ? undefined : value;
}

/** The first check says who it is. */
function remember(ctx: RequestContext, client: string): void {
  if (ctx.get(CLIENT) === undefined) ctx.set(CLIENT, client);
}

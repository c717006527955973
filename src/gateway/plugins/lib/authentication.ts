/** What the plugins that identify a consumer have in common (apisix/consumer.lua). */
import { createHash, timingSafeEqual } from "node:crypto";
import type { JsonObject } from "../../../core/documents.ts";
import type { Consumer } from "../../consumer.ts";
import type { PhaseResult, PluginServices } from "../../plugin.ts";
import type { RequestContext } from "../../request-context.ts";

export const ANONYMOUS_CONSUMER: JsonObject = { type: "string", minLength: 1 };

/** Printable ASCII without the two characters that would end a quoted text. */
export function realmSchema(name: string): JsonObject {
  return {
    type: "string",
    pattern: "^[ -!#-[\\]-~]+$",
    default: name,
    minLength: 1,
    maxLength: 128,
  };
}

export type AuthenticationConf = {
  readonly realm: string;
  readonly anonymous_consumer?: string;
};

/** Whom the credentials of a request belong to, or what the client is told. */
export type Identified = { readonly consumer: Consumer } | { readonly refusal: string };

type Identify = () => Identified | Promise<Identified>;
type Services = Pick<PluginServices, "consumers">;

/**
 * Goes on with who is identified. Nobody may mean that a secret of theirs is not there yet: then it
 * is asked for, and looked once more.
 */
export function identifyThen<T>(
  services: Services,
  identify: Identify,
  next: (identified: Identified) => T,
): T | Promise<T> {
  const first = identify();
  if (!(first instanceof Promise)) return goOn(services, first, identify, next);
  return first.then((identified) => goOn(services, identified, identify, next));
}

function goOn<T>(
  { consumers }: Services,
  first: Identified,
  identify: Identify,
  next: (identified: Identified) => T,
): T | Promise<T> {
  const secrets = "consumer" in first ? undefined : consumers.retrySecrets();
  return secrets === undefined ? next(first) : secrets.then(identify).then(next);
}

export type Admission = {
  /** Name of the plugin, for the log. */
  readonly plugin: string;
  /** First word of `WWW-Authenticate`. */
  readonly scheme: string;
  readonly services: Pick<PluginServices, "consumers" | "log">;
};

/**
 * Makes the request the consumer's, or the anonymous one's where the configuration names one.
 * Otherwise the answer is 401 with the refusal and the challenge.
 */
export function admit(
  { plugin, scheme, services }: Admission,
  conf: AuthenticationConf,
  ctx: RequestContext,
  identified: Identified,
): PhaseResult {
  if ("consumer" in identified) {
    ctx.attachConsumer(identified.consumer);
    return undefined;
  }
  const { anonymous_consumer: name, realm } = conf;
  const anonymous = name === undefined ? undefined : services.consumers.byName(name);
  if (anonymous !== undefined) {
    ctx.attachConsumer(anonymous);
    return undefined;
  }
  ctx.response.setHeader("WWW-Authenticate", `${scheme} realm="${realm}"`);
  if (name === undefined) return { status: 401, body: { message: identified.refusal } };
  services.log("error", "failed to get anonymous consumer", { plugin, consumer: name });
  return { status: 401, body: { message: "Invalid user authorization" } };
}

/** As `admit`; then the header `Authorization`, which has served, goes where it is to be hidden. */
export function admitByHeader(
  admission: Admission,
  conf: AuthenticationConf & { readonly hide_credentials: boolean },
  ctx: RequestContext,
  identified: Identified,
): PhaseResult {
  const refusal = admit(admission, conf, ctx, identified);
  if (refusal === undefined && conf.hide_credentials) ctx.request.headers.remove("authorization");
  return refusal;
}

/** Takes as long for a wrong secret as for the right one. */
export function equalSecrets(one: string | Uint8Array, other: string | Uint8Array): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

function digest(secret: string | Uint8Array): Buffer {
  return createHash("sha256").update(secret).digest();
}

/**
 * Who may use the API gateway's management interface: the actions of `apimgmt`, which know its
 * secret, for the namespace that calls them; an operator with the secret; and the owner of a
 * namespace with its key.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Authenticator } from "../controller/auth.ts";
import type { ServiceRequest, ServiceRoute } from "../controller/routes.ts";
import {
  type ManagementAnswer,
  type ManagementDeps,
  manage,
  problemAnswer,
} from "../gateway/api-gateway/management.ts";
import type { IdentityStore } from "../store/store.ts";

export type ManagementAccess = {
  readonly identities: Pick<IdentityStore, "byNamespace">;
  readonly auth: Pick<Authenticator, "identify">;
  readonly management: ManagementDeps;
  readonly secret: string;
};

export const MANAGEMENT_PREFIX = "/apigw/";

/** In place of a tenant: the caller's own. */
const OWN = "-";

export function managementService(access: ManagementAccess): ServiceRoute {
  return {
    prefix: MANAGEMENT_PREFIX,
    handler: (request) => answer(access, request),
  };
}

async function answer(
  access: ManagementAccess,
  request: ServiceRequest,
): Promise<ManagementAnswer> {
  const [version, ...parts] = request.path.split("/").map(decoded);
  if (version === "v1" && parts.join("/") === "health-check") {
    return { status: 200, body: "Status: Gateway ready.\n" };
  }
  const [asked, ...rest] = parts;
  if (version !== "v2" || asked === undefined) return problemAnswer(404, "Not found.");
  const tenant = await tenantFor(access, request.headers, asked);
  if (tenant === undefined) {
    return problemAnswer(403, "The tenant is not the namespace of the caller.");
  }
  const { method, body } = request;
  const query = new URLSearchParams(request.query);
  const revision = revisionOf(request.headers["if-match"]);
  return manage(access.management, { method, tenant, rest, query, revision, body });
}

/** Undefined: not the caller's. Rejects UNAUTHENTICATED for somebody unknown. */
async function tenantFor(
  { secret, identities, auth }: ManagementAccess,
  headers: IncomingHttpHeaders,
  asked: string,
): Promise<string | undefined> {
  if (!isSecret(headers["x-gateway-secret"], secret)) {
    const { namespace } = await auth.identify(headers.authorization);
    return asked === OWN || asked === namespace.uuid ? namespace.uuid : undefined;
  }
  const user = headers["x-gateway-user"];
  if (user === undefined) return asked;
  const rows = await identities.byNamespace(decoded(String(user)));
  const own = rows.map(({ namespace }) => namespace.uuid);
  if (asked === OWN) return own[0];
  return own.includes(asked) ? asked : undefined;
}

/** In a time that does not tell how much of it was right. */
function isSecret(given: string | string[] | undefined, secret: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return typeof given === "string" && timingSafeEqual(digest(given), digest(secret));
}

/** What is no revision matches none. */
function revisionOf(header: string | undefined): number | undefined {
  return header === undefined || header === "*" ? undefined : Number(header);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

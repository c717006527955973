/** Who may do what (openwhisk-api.md 3.2, 3.3): everything in one's own namespace. */
import type { Identity } from "../core/documents.ts";
import { PlatformError } from "../core/errors.ts";
import type { Collection } from "./routes.ts";

/** Throws FORBIDDEN with the resource that the original names. */
export function checkEntitlement(
  identity: Identity,
  method: string,
  collection: Collection,
  namespace: string,
  rest: readonly string[],
): void {
  if (namespace === identity.namespace.name) return;
  const names = rest.filter((segment) => segment !== "");
  // Anyone may list the public packages of any namespace.
  if (collection === "packages" && names.length === 0 && method === "GET") return;
  const isRead = method === "GET" || method === "POST";
  // A packaged action is read and invoked by the right to its package.
  const shown =
    collection === "actions" && names.length === 2 && isRead ? names.slice(0, 1) : names;
  const resource = collection === "limits" ? namespace : [namespace, ...shown].join("/");
  throw new PlatformError(
    "FORBIDDEN",
    `The supplied authentication is not authorized to access '${resource}'.`,
  );
}

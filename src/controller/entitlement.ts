/**
 * Who may do what (openwhisk-api.md 3.2, 3.3): everything in one's own namespace. What a package
 * gives to others is decided where the package is read (`service/find-action.ts`).
 */
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
  // Anyone may list the public packages of any namespace, and read one.
  if (collection === "packages" && method === "GET") return;
  const isRead = method === "GET" || method === "POST";
  // A packaged action is read and invoked by the right to its package.
  if (collection === "actions" && rest.length === 2 && isRead) return;
  const resource = collection === "limits" ? namespace : [namespace, ...names].join("/");
  throw new PlatformError(
    "FORBIDDEN",
    `The supplied authentication is not authorized to access '${resource}'.`,
  );
}

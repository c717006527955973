/** GET /namespaces: a key belongs to exactly one namespace (openwhisk-api.md 2). */
import type { Identity } from "../../core/documents.ts";
import type { Reply } from "./handler.ts";
import { ok } from "./reply.ts";

export function listNamespaces(identity: Identity): Reply {
  return ok([identity.namespace.name]);
}

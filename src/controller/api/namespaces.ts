/** GET /namespaces: a key belongs to exactly one namespace (openwhisk-api.md 2). */
import type { Handler } from "./handler.ts";
import { ok } from "./reply.ts";

export const listNamespaces: Handler = async ({ identity }) => ok([identity.namespace.name]);

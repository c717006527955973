/**
 * REST handlers of packages (openwhisk-api.md 9). They check, in the original's order, and store;
 * what a package becomes is decided in `core/package.ts`.
 */
import type { PackageBinding, PackageDocument } from "../../core/documents.ts";
import { PlatformError } from "../../core/errors.ts";
import {
  bindingOf,
  createPackage,
  packageContents,
  packageSummary,
  packageWire,
  parsePackagePut,
  RESERVED_PACKAGES,
  updatePackage,
} from "../../core/package.ts";
import type { EntityCache } from "../../store/entity-cache.ts";
import { findPackage, type ReadablePackage, readEntities } from "../service/find-action.ts";
import { readEntity, requireEntity } from "../service/stored-entity.ts";
import { ALL, entityId, listReply } from "./entities.ts";
import type { ApiRequest, Handler, Reply } from "./handler.ts";
import { type PutDeps, readPut } from "./put-body.ts";
import { booleanParameter, parseQuery } from "./query.ts";
import { ok } from "./reply.ts";

export type PackageHandlerDeps = PutDeps & {
  readonly entities: EntityCache;
  /** ms epoch */
  readonly now: () => number;
};

export type PackageHandlers = {
  /** GET /packages: of another namespace what is public in it */
  readonly list: Handler;
  /** GET, PUT and DELETE /packages/NAME */
  readonly get: Handler;
  readonly put: Handler;
  readonly remove: Handler;
};

export function createPackageHandlers(deps: PackageHandlerDeps): PackageHandlers {
  const { entities } = deps;
  return {
    list: (request) => {
      const publicOnly = request.namespace !== request.identity.namespace.name;
      const query = { type: "package", path: request.namespace, publicOnly } as const;
      return listReply(entities, request, query, packageSummary);
    },
    get: (request) => get(deps, request),
    put: (request) => put(deps, request),
    remove: (request) => remove(deps, request),
  };
}

async function get({ entities }: PackageHandlerDeps, request: ApiRequest): Promise<Reply> {
  const found = await readable(entities, request);
  const [asked] = found.by;
  if (asked === undefined) throw new PlatformError("NOT_FOUND");
  const actions = await entities.list({ type: "action", path: found.path, ...ALL });
  return ok(packageContents(asked.document, found.parameters, actions));
}

/** Only here the original tells the name of what is missing. */
async function readable(
  entities: EntityCache,
  { identity, namespace, rest: [name = ""] }: ApiRequest,
): Promise<ReadablePackage> {
  try {
    return await readEntities(entities, findPackage(identity, { path: namespace, name }));
  } catch (cause) {
    if (!(cause instanceof PlatformError && cause.code === "NOT_FOUND")) throw cause;
    throw missing(`${namespace}/${name}`);
  }
}

async function put(deps: PackageHandlerDeps, request: ApiRequest): Promise<Reply> {
  const { entities } = deps;
  const [name = ""] = request.rest;
  const { body, sized, overwrite } = await readPut(deps, request);
  if (RESERVED_PACKAGES.has(name)) {
    throw new PlatformError("BAD_REQUEST", `Package name '${name}' is reserved.`);
  }
  const change = parsePackagePut(body, sized, request.namespace);
  if (change.binding !== undefined) await checkProviderRight(entities, request, change.binding);
  const id = entityId(request);
  const stored = await readEntity(entities, "package", id);
  if (stored !== undefined && !overwrite) throw new PlatformError("ALREADY_EXISTS");
  if (change.binding !== undefined) await checkProvider(entities, change.binding, stored?.document);
  const now = deps.now();
  const document =
    stored === undefined
      ? createPackage(request.namespace, name, change, now)
      : updatePackage(stored.document, change, now);
  await entities.put(id, document, stored?.revision);
  return ok(packageWire(document));
}

/** What the caller may not read cannot be bound; what is missing has a text of its own here. */
async function checkProviderRight(
  entities: EntityCache,
  { identity }: ApiRequest,
  { namespace, name }: PackageBinding,
): Promise<void> {
  try {
    await readEntities(entities, findPackage(identity, { path: namespace, name }));
  } catch (cause) {
    const code = cause instanceof PlatformError ? cause.code : undefined;
    if (code === "NOT_FOUND") throw noProvider();
    throw code === "WRONG_COLLECTION" ? noPackage() : cause;
  }
}

/** A package stays a package, and a provider is one. */
async function checkProvider(
  entities: EntityCache,
  { namespace, name }: PackageBinding,
  stored: PackageDocument | undefined,
): Promise<void> {
  if (stored !== undefined && bindingOf(stored) === undefined) {
    const text = "Resource is a package and cannot be converted into a binding.";
    throw new PlatformError("WRONG_COLLECTION", text);
  }
  const provider = await readEntity(entities, "package", `${namespace}/${name}`);
  if (provider === undefined) throw noProvider();
  if (bindingOf(provider.document) === undefined) return;
  throw new PlatformError("BAD_REQUEST", "Cannot bind to another package binding.");
}

/** A package with its actions goes in one write: all of it or nothing. */
async function remove({ entities }: PackageHandlerDeps, request: ApiRequest): Promise<Reply> {
  const force = booleanParameter(parseQuery(request.query), "force", false);
  const id = entityId(request);
  const { document, revision } = await requireEntity(entities, "package", id);
  const isBinding = bindingOf(document) !== undefined;
  const inside = isBinding ? [] : await entities.list({ type: "action", path: id, ...ALL });
  if (inside.length > 0 && !force) throw notEmpty(inside.length);
  const actions = await Promise.all(inside.map(({ name }) => entities.get(`${id}/${name}`)));
  const changes = actions.flatMap((action) =>
    action === undefined
      ? []
      : [{ id: `${id}/${action.document.name}`, revision: action.revision }],
  );
  await entities.write([...changes, { id, revision }]);
  return ok(packageWire(document));
}

function missing(id: string): PlatformError {
  return new PlatformError("NOT_FOUND", `The requested resource '${id}' does not exist.`);
}

function noProvider(): PlatformError {
  return new PlatformError("BAD_REQUEST", "Binding references a package that does not exist.");
}

function noPackage(): PlatformError {
  const text = "Cannot bind to a resource that is not a package.";
  return new PlatformError("WRONG_COLLECTION", text);
}

function notEmpty(count: number): PlatformError {
  const contents = `${count} ${count === 1 ? "entity" : "entities"}`;
  const text = `Package not empty (contains ${contents}). Set force param or delete package contents.`;
  return new PlatformError("CONFLICT", text);
}

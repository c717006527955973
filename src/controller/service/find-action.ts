/**
 * From a name to what can be invoked: through its package, and through a binding to the provider's
 * package, with the rights of whoever asks (openwhisk-api.md 3.2, 3.3, 5.2).
 */
import type {
  ActionDocument,
  EntityRef,
  Identity,
  PackageDocument,
  Parameter,
} from "../../core/documents.ts";
import { refId } from "../../core/entity-ref.ts";
import { PlatformError } from "../../core/errors.ts";
import { type Invocable, inPackage } from "../../core/executable-action.ts";
import { mergeParameters } from "../../core/parameters.ts";
import { type CachedEntity, type EntityCache, isAction } from "../../store/entity-cache.ts";

/** Asks for entities by id, and is given each one in return. */
export type Reads<T> = Generator<string, T, CachedEntity | undefined>;

/** A package that may be read, as its binding shows it. */
export type ReadablePackage = {
  /** "whisk.system/utils": where the actions are. */
  readonly path: string;
  /** The provider's parameters below the binding's. */
  readonly parameters: readonly Parameter[];
  /** "guest/bound", when reached through a binding. */
  readonly binding: string | undefined;
  readonly publish: boolean;
  /** The stored entities that this came from. */
  readonly by: readonly CachedEntity[];
};

/** Runs `reads`; without waiting as long as everything asked for is remembered. */
export function readEntities<T>(entities: EntityCache, reads: Reads<T>): T | Promise<T> {
  let step = reads.next();
  while (!step.done) {
    const known = entities.peek(step.value);
    if (known === undefined) return readRest(entities, reads, step.value);
    step = reads.next(known);
  }
  return step.value;
}

async function readRest<T>(entities: EntityCache, reads: Reads<T>, first: string): Promise<T> {
  let step = reads.next(await entities.get(first));
  while (!step.done) step = reads.next(await entities.get(step.value));
  return step.value;
}

/**
 * The action that `identity` means by `ref` ("_" is resolved already). Throws `NOT_FOUND`,
 * `FORBIDDEN`, `WRONG_COLLECTION`.
 */
export function* findAction(
  entities: EntityCache,
  identity: Identity,
  ref: EntityRef,
): Reads<Invocable> {
  const [namespace = "", packageName] = ref.path.split("/");
  if (packageName === undefined) {
    if (namespace !== identity.namespace.name) throw forbidden(refId(ref));
    const entity = requireAction(yield refId(ref));
    return entities.invocable(refId(ref), entity);
  }
  const found = yield* findPackage(identity, { path: namespace, name: packageName });
  const id = `${found.path}/${ref.name}`;
  const entity = requireAction(yield id);
  const known = entity.packaged;
  if (known !== undefined && sameEntities(known.by, found.by)) return known.action;
  const action = inPackage(entities.invocable(id, entity), found.parameters, found.binding);
  entity.packaged = { by: found.by, action };
  return action;
}

/** The package for reading and invoking what is in it. Throws as `findAction`. */
export function* findPackage(identity: Identity, ref: EntityRef): Reads<ReadablePackage> {
  const isOwn = ref.path === identity.namespace.name;
  const entity = yield refId(ref);
  const own = entity === undefined ? undefined : asPackage(entity);
  if (!isOwn && (own === undefined || isBinding(own.document) || !own.document.publish)) {
    throw forbidden(refId(ref));
  }
  if (entity === undefined) throw new PlatformError("NOT_FOUND");
  if (own === undefined) throw new PlatformError("WRONG_COLLECTION");
  const { document } = own;
  if (!isBinding(document)) {
    const { parameters, publish } = document;
    return { path: refId(ref), parameters, binding: undefined, publish, by: [own] };
  }
  const { namespace, name } = document.binding;
  const provider = yield* findPackage(identity, { path: namespace, name });
  if (provider.binding !== undefined) throw new PlatformError("NOT_FOUND");
  return {
    path: provider.path,
    parameters: mergeParameters(provider.parameters, document.parameters),
    binding: refId(ref),
    publish: document.publish,
    by: [own, ...provider.by],
  };
}

/**
 * That `identity` may read and invoke everything that a sequence or rule refers to. Throws
 * `FORBIDDEN` with all that it may not, `NOT_FOUND`, `WRONG_COLLECTION`.
 */
export async function checkReferences(
  entities: EntityCache,
  identity: Identity,
  refs: readonly EntityRef[],
): Promise<void> {
  const denied = new Set<string>();
  for (const ref of refs) {
    const [namespace = "", packageName] = ref.path.split("/");
    if (packageName === undefined) {
      if (namespace !== identity.namespace.name) denied.add(refId(ref));
      continue;
    }
    const path = { path: namespace, name: packageName };
    try {
      await readEntities(entities, findPackage(identity, path));
    } catch (cause) {
      if (!(cause instanceof PlatformError) || cause.code !== "FORBIDDEN") throw cause;
      denied.add(refId(path));
    }
  }
  if (denied.size > 0) throw forbidden([...denied].sort().join(", "));
}

export function isBinding(
  document: PackageDocument,
): document is PackageDocument & { binding: { namespace: string; name: string } } {
  return "name" in document.binding;
}

function asPackage(entity: CachedEntity): CachedEntity<PackageDocument> | undefined {
  return entity.document.entityType === "package"
    ? (entity as CachedEntity<PackageDocument>)
    : undefined;
}

function requireAction(entity: CachedEntity | undefined): CachedEntity<ActionDocument> {
  if (entity === undefined) throw new PlatformError("NOT_FOUND");
  if (!isAction(entity)) throw new PlatformError("WRONG_COLLECTION");
  return entity;
}

function sameEntities(one: readonly CachedEntity[], other: readonly CachedEntity[]): boolean {
  return one.length === other.length && one.every((entity, at) => entity === other[at]);
}

function forbidden(resource: string): PlatformError {
  return new PlatformError(
    "FORBIDDEN",
    `The supplied authentication is not authorized to access '${resource}'.`,
  );
}

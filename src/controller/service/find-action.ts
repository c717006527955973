/**
 * From a name to what can be invoked: through its package, and through a binding to the provider's
 * package, with the rights of whoever asks (openwhisk-api.md 3.2, 3.3, 5.2).
 */

import { quoteText } from "../../core/content.ts";
import type {
  ActionDocument,
  EntityRef,
  Identity,
  PackageDocument,
  Parameter,
} from "../../core/documents.ts";
import { refId, refOf } from "../../core/entity-ref.ts";
import { PlatformError } from "../../core/errors.ts";
import { type Invocable, inPackage } from "../../core/executable-action.ts";
import { bindingOf } from "../../core/package.ts";
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
  /** The stored packages that this came from, the one that was asked for first. */
  readonly by: readonly CachedEntity<PackageDocument>[];
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
  let step: IteratorResult<string, T> = { done: false, value: first };
  while (!step.done) step = await readNext(entities, reads, step.value);
  return step.value;
}

/** What cannot be read is an error there where it was asked for. */
async function readNext<T>(
  entities: EntityCache,
  reads: Reads<T>,
  id: string,
): Promise<IteratorResult<string, T>> {
  let entity: CachedEntity | undefined;
  try {
    entity = await entities.get(id);
  } catch (cause) {
    return reads.throw(cause);
  }
  return reads.next(entity);
}

/**
 * The action that `identity` means by `ref` ("_" is resolved already). Throws `NOT_FOUND`,
 * `FORBIDDEN`, `WRONG_COLLECTION`, `CIRCULAR`.
 */
export function* findAction(
  entities: EntityCache,
  identity: Identity,
  ref: EntityRef,
): Reads<Invocable> {
  const home = packageOf(ref);
  if (home !== undefined) {
    return yield* findPackagedAction(entities, yield* findPackage(identity, home), ref.name);
  }
  if (ref.path !== identity.namespace.name) throw forbidden([refId(ref)]);
  const entity = requireAction(yield refId(ref));
  return entities.invocable(refId(ref), entity);
}

/** The action `name` in a package that has been found. Throws `NOT_FOUND`, `WRONG_COLLECTION`. */
export function* findPackagedAction(
  entities: EntityCache,
  found: ReadablePackage,
  name: string,
): Reads<Invocable> {
  const id = `${found.path}/${name}`;
  const entity = requireAction(yield id);
  const known = entity.packaged;
  if (known !== undefined && sameEntities(known.by, found.by)) return known.action;
  const action = inPackage(entities.invocable(id, entity), found.parameters, found.binding);
  entity.packaged = { by: found.by, action };
  return action;
}

/**
 * The package for reading and invoking what is in it. Refusals name the package that was asked for,
 * also when it is a binding whose provider is refused. Throws as `findAction`.
 */
export function* findPackage(identity: Identity, ref: EntityRef): Reads<ReadablePackage> {
  const by: CachedEntity<PackageDocument>[] = [];
  let at: EntityRef = ref;
  for (;;) {
    const own = yield* readablePackage(identity, at, ref);
    by.push(own);
    const provider = bindingOf(own.document);
    if (provider === undefined) break;
    const next = { path: provider.namespace, name: provider.name };
    if (by.some(({ document }) => isAt(document, next))) throw circular(next);
    at = next;
  }
  return {
    path: refId(at),
    parameters: by.reduceRight<readonly Parameter[]>(
      (base, { document }) => (base.length === 0 ? document.parameters : merged(base, document)),
      [],
    ),
    binding: by.length === 1 ? undefined : refId(ref),
    by,
  };
}

/** The package that `ref` is in; undefined for the default package. */
export function packageOf({ path }: EntityRef): EntityRef | undefined {
  return path.includes("/") ? refOf(path) : undefined;
}

/** Who does not own a namespace learns nothing but that a package is public. */
function* readablePackage(
  identity: Identity,
  at: EntityRef,
  asked: EntityRef,
): Reads<CachedEntity<PackageDocument>> {
  const own = identity.namespace.name;
  if (at.path === own || at.path.startsWith(`${own}/`)) {
    const entity = yield refId(at);
    if (entity === undefined) throw new PlatformError("NOT_FOUND");
    return requirePackage(entity);
  }
  try {
    const entity = yield refId(at);
    const found = entity === undefined ? undefined : requirePackage(entity);
    if (found?.document.publish === true && bindingOf(found.document) === undefined) return found;
  } catch (cause) {
    const isUnavailable = cause instanceof PlatformError && cause.code === "STORE_UNAVAILABLE";
    if (isUnavailable || !(cause instanceof PlatformError)) throw cause;
  }
  throw forbidden([refId(asked)]);
}

function requirePackage(entity: CachedEntity): CachedEntity<PackageDocument> {
  if (entity.document.entityType === "package") return entity as CachedEntity<PackageDocument>;
  throw new PlatformError("WRONG_COLLECTION");
}

function isAt({ namespace, name }: PackageDocument, ref: EntityRef): boolean {
  return namespace === ref.path && name === ref.name;
}

function merged(base: readonly Parameter[], { parameters }: PackageDocument): Parameter[] {
  return mergeParameters(base, parameters);
}

function requireAction(entity: CachedEntity | undefined): CachedEntity<ActionDocument> {
  if (entity === undefined) throw new PlatformError("NOT_FOUND");
  if (!isAction(entity)) throw new PlatformError("WRONG_COLLECTION");
  return entity;
}

function sameEntities(one: readonly CachedEntity[], other: readonly CachedEntity[]): boolean {
  return one.length === other.length && one.every((entity, at) => entity === other[at]);
}

/** 403 that names the resources, sorted. */
export function forbidden(resources: readonly string[]): PlatformError {
  const names = quoteText([...resources].sort().join(", "));
  return new PlatformError(
    "FORBIDDEN",
    `The supplied authentication is not authorized to access '${names}'.`,
  );
}

function circular(ref: EntityRef): PlatformError {
  return new PlatformError(
    "CIRCULAR",
    `Package binding '${refId(ref)}' contains a circular reference.`,
  );
}

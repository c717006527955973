/** Packages: what a PUT makes of one, and how one looks on the wire (openwhisk-api.md 9). Pure. */
import { requireRecord } from "./content.ts";
import type {
  ActionDocument,
  Json,
  JsonObject,
  PackageBinding,
  PackageDocument,
  Parameter,
} from "./documents.ts";
import { type HeadPut, headWire, newHead, nextHead, readHead } from "./entity-head.ts";
import { DEFAULT_NAMESPACE, isEntityName } from "./entity-name.ts";
import { badContent } from "./errors.ts";
import { parametersWire, parameterValue, withoutKeys } from "./parameters.ts";

/** Names that no package may be given. */
export const RESERVED_PACKAGES: ReadonlySet<string> = new Set(["default"]);

export type PackagePut = HeadPut & {
  readonly binding?: PackageBinding | undefined;
  readonly parameters?: readonly Parameter[] | undefined;
  readonly annotations?: readonly Parameter[] | undefined;
};

/** `sized` is what was read of the body before. Throws `CONTENT_MALFORMED`. */
export function parsePackagePut(
  body: Json,
  sized: Pick<PackagePut, "parameters" | "annotations">,
  namespace: string,
): PackagePut {
  const object = requireRecord(body, "binding");
  return {
    binding: Object.hasOwn(object, "binding")
      ? parseBinding(object["binding"] ?? null, namespace)
      : undefined,
    parameters: sized.parameters,
    annotations: sized.annotations,
    ...readHead(object),
  };
}

/** `{}` is none; `null` is an error, unlike elsewhere. "_" is the namespace of the package. */
function parseBinding(value: Json, own: string): PackageBinding | undefined {
  const object = requireRecord(value, "namespace");
  if (Object.keys(object).length === 0) return undefined;
  const namespace = requireName(object, "namespace");
  const name = requireName(object, "name");
  return { namespace: namespace === DEFAULT_NAMESPACE ? own : namespace, name };
}

function requireName(object: JsonObject, member: string): string {
  if (!Object.hasOwn(object, member)) {
    throw badContent(`Object is missing required member '${member}'`);
  }
  const name = object[member];
  if (typeof name !== "string" || !isEntityName(name)) throw badContent("entity name malformed");
  return name;
}

/** `now` in ms epoch. */
export function createPackage(
  namespace: string,
  name: string,
  put: PackagePut,
  now: number,
): PackageDocument {
  return {
    entityType: "package",
    ...newHead(namespace, name, put, now),
    parameters: put.parameters ?? [],
    annotations: describeBinding(put.annotations ?? [], put.binding),
    binding: put.binding ?? {},
  };
}

/** Every member of the PUT replaces the old one as a whole, annotations too. */
export function updatePackage(
  document: PackageDocument,
  put: PackagePut,
  now: number,
): PackageDocument {
  const binding = put.binding ?? bindingOf(document);
  return {
    ...document,
    ...nextHead(document, put, now),
    parameters: put.parameters ?? document.parameters,
    annotations: describeBinding(put.annotations ?? document.annotations, binding),
    binding: binding ?? {},
  };
}

/** The provider that a binding stands for; undefined for a package of its own. */
export function bindingOf({ binding }: PackageDocument): PackageBinding | undefined {
  return "name" in binding ? (binding as PackageBinding) : undefined;
}

/** The package as clients see it. */
export function packageWire(document: PackageDocument): JsonObject {
  return {
    ...headWire(document),
    parameters: parametersWire(document.parameters),
    annotations: parametersWire(document.annotations),
    binding: { ...document.binding },
  };
}

/** The package with what is in it; `parameters` are those of the provider below its own. */
export function packageContents(
  document: PackageDocument,
  parameters: readonly Parameter[],
  actions: readonly ActionDocument[],
): JsonObject {
  const isFeed = ({ annotations }: ActionDocument): boolean =>
    parameterValue(annotations, "feed") !== undefined;
  return {
    ...packageWire({ ...document, parameters }),
    actions: actions.filter((action) => !isFeed(action)).map(packagedAction),
    feeds: actions.filter(isFeed).map(packagedAction),
  };
}

/** One item of a list. There, and only there, no binding is `false`. */
export function packageSummary(document: PackageDocument): JsonObject {
  const binding = bindingOf(document);
  return {
    namespace: document.namespace,
    name: document.name,
    version: document.version,
    publish: document.publish,
    annotations: parametersWire(document.annotations),
    updated: document.updated,
    binding: binding === undefined ? false : { ...binding },
  };
}

function packagedAction({ name, version, annotations }: ActionDocument): JsonObject {
  return { name, version, annotations: parametersWire(annotations) };
}

/** The annotation belongs to the server: whatever was there before is replaced. */
function describeBinding(
  annotations: readonly Parameter[],
  binding: PackageBinding | undefined,
): readonly Parameter[] {
  const others = withoutKeys(annotations, ["binding"]);
  return binding === undefined ? others : [...others, { key: "binding", value: { ...binding } }];
}

/** Names of entities as users type them (wsk-cli 3). */
import { usageError } from "./wsk-error.ts";

export type QualifiedName = {
  /** "_" when none was given */
  readonly namespace: string;
  /** with its package: "pkg/name"; empty for "/ns" */
  readonly entityName: string;
  /** "" when there is none */
  readonly packageName: string;
  /** without its package */
  readonly entity: string;
};

/** The namespace of a caller who names none. */
export const DEFAULT_NAMESPACE = "_";

const PARTS_MAX = 4;

/**
 * `x`, `pkg/x`, `/ns/x`, `/ns/pkg/x`, `/ns`; three parts without a slash in front start with the
 * namespace. Throws a usage error for anything with an empty part.
 */
export function parseQualifiedName(given: string): QualifiedName {
  const split = given.split("/");
  const name = split.length === 3 && split[0] !== "" ? `/${given}` : given;
  const parts = name.split("/");
  const entity = parts.at(-1) ?? "";
  if (!name.startsWith("/")) {
    if (name === "" || name === ".") throw invalidName(given);
    const packageName = parts.length === 2 ? (parts[0] ?? "") : "";
    return { namespace: DEFAULT_NAMESPACE, entityName: name, packageName, entity };
  }
  const named = parts.slice(1);
  if (parts.length > PARTS_MAX || named.some((part) => part === "" || part === ".")) {
    throw invalidName(given);
  }
  return {
    namespace: named[0] ?? "",
    entityName: named.slice(1).join("/"),
    packageName: parts.length === PARTS_MAX ? (named[1] ?? "") : "",
    entity,
  };
}

/** The namespace of `/ns`. Throws a usage error for anything that names more than a namespace. */
export function parseNamespace(given: string): string {
  const { namespace, entityName } = parseQualifiedName(given);
  if (entityName === "") return namespace;
  throw usageError(
    `An entity name, '${entityName}', was provided instead of a namespace. ` +
      "Valid namespaces are of the following format: /NAMESPACE.",
  );
}

/**
 * The name as it stands in a body, where it must be complete: `/_/x`, `/_/pkg/x`, `/ns/pkg/x`.
 * It is not checked.
 */
export function completeName(given: string): string {
  if (given.startsWith("/")) return given;
  const startsWithNamespace = given.split("/").length === 3;
  return startsWithNamespace ? `/${given}` : `/${DEFAULT_NAMESPACE}/${given}`;
}

function invalidName(given: string): Error {
  return usageError(
    `'${given}' is not a valid qualified name: A valid qualified name must be specified.`,
  );
}

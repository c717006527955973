/** Names of entities and namespaces: grammar, lengths and texts (openwhisk-api.md 1.7). */
import { PlatformError } from "./errors.ts";

/** characters */
export const ENTITY_NAME_LENGTH_MAX = 256;

/** The name of the caller's own namespace in URLs and references. */
export const DEFAULT_NAMESPACE = "_";

// First a word character; blanks may stand inside, not at the end.
const ENTITY_NAME = /^(?:\w|\w[\w@ .&-]{0,254}[\w@.&-])$/;

export function isEntityName(text: string): boolean {
  return ENTITY_NAME.test(text);
}

/** Returns the name of an entity as it stands in a URL, decoded; throws `VALIDATION`. */
export function requireEntityName(segment: string): string {
  if (isEntityName(segment)) return segment;
  throw badName(segment, "Name segement", "The name of the entity contains illegal characters.");
}

/** Returns the namespace as it stands in a URL, decoded ("_" included); throws `VALIDATION`. */
export function requireNamespace(segment: string): string {
  if (isEntityName(segment)) return segment;
  throw badName(segment, "Namespace", "The namespace contains illegal characters.");
}

/** The parts of "a/b" ("/a//b/" too); undefined when there is none or one is no name. */
export function parseEntityPath(text: string): string[] | undefined {
  const parts = text.split("/").filter((part) => part !== "");
  return parts.length > 0 && parts.every(isEntityName) ? parts : undefined;
}

/** `what` is spelt as in the original, wrong letters included: clients may match it. */
function badName(segment: string, what: string, illegal: string): PlatformError {
  const isLong = segment.length > ENTITY_NAME_LENGTH_MAX;
  const long = `${what} longer than allowed: ${segment.length} > ${ENTITY_NAME_LENGTH_MAX}.`;
  return new PlatformError("VALIDATION", isLong ? long : illegal);
}

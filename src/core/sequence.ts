/** Sequences: their components, and how many actions they come to (openwhisk-api.md 4.8). */
import { optionalMember } from "./content.ts";
import type { EntityRef, JsonObject, Parameter, SequenceExec } from "./documents.ts";
import { inNamespace, parseEntityRef } from "./entity-ref.ts";
import { badContent, PlatformError } from "./errors.ts";

/** Reads `components` of `exec`. Throws `CONTENT_MALFORMED`. */
export function parseComponents(exec: JsonObject): EntityRef[] {
  const components = optionalMember(exec, "components");
  if (Array.isArray(components)) return components.map(parseEntityRef);
  throw badContent(
    Object.hasOwn(exec, "components")
      ? "'components' must be an array"
      : "'components' must be defined for sequence kind",
  );
}

/** A sequence has this parameter and no other, whatever its maker gives. */
export function sequenceParameters({ components }: SequenceExec): Parameter[] {
  return [{ key: "_actions", value: [...components] }];
}

/** Stored components, with "_" as this namespace. */
export function componentRefs(components: readonly string[], namespace: string): EntityRef[] {
  return components.map((name) => inNamespace(parseEntityRef(name), namespace));
}

/** Throws for a number of direct components that no sequence may have. */
export function checkComponentCount(components: number, max: number): void {
  if (components > max) throw tooLong();
  if (components === 0) {
    throw new PlatformError("BAD_REQUEST", "No component specified for the sequence.");
  }
}

export function tooLong(): PlatformError {
  return new PlatformError("BAD_REQUEST", "Too many actions in the sequence.");
}

export function cyclic(): PlatformError {
  return new PlatformError("BAD_REQUEST", "Sequence may not refer to itself.");
}

export function componentMissing(): PlatformError {
  return new PlatformError("BAD_REQUEST", "Sequence component does not exist.");
}

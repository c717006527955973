/** The annotation that ties entities of a managed deployment to their project (wsk-cli 17.6). */
import { createHash } from "node:crypto";
import { type JsonMap, mapOf, type Value } from "../client/json.ts";
import { type KeyValue, text } from "../client/records.ts";

export const MANAGED = "whisk-managed";

/** `file` is the path of the manifest as given, `content` what is in it. */
export function managedAnnotation(project: string, file: string, content: Buffer): KeyValue {
  return {
    key: MANAGED,
    value: new Map<string, Value>([
      ["file", file],
      ["projectDeps", []],
      ["projectHash", projectHash(content)],
      ["projectName", project],
    ]),
  };
}

const LAST_CODE_POINT = 0x10ffff;

/**
 * SHA-1 of "OpenWhisk", the character whose code point is the size, "golang", a zero byte and the
 * content: other clients must find the same one for the same file.
 */
export function projectHash(content: Buffer): string {
  const size = content.length;
  const isCharacter = size <= LAST_CODE_POINT && !(size >= 0xd800 && size <= 0xdfff);
  const character = String.fromCodePoint(isCharacter ? size : 0xfffd);
  return createHash("sha1").update(`OpenWhisk${character}golang\0`).update(content).digest("hex");
}

/** The mark with the projects it depends on, each with its own mark. */
export function withDependencies(managed: KeyValue, dependencies: readonly KeyValue[]): KeyValue {
  const value = new Map(mapOf(managed.value));
  value.set(
    "projectDeps",
    dependencies.map((entry) => new Map<string, Value>(Object.entries(entry))),
  );
  return { key: MANAGED, value };
}

/** The mark of an entity as the platform has it; undefined when it has none. */
export function markOf(entity: JsonMap): JsonMap | undefined {
  const annotations = entity.get("annotations");
  if (!Array.isArray(annotations)) return undefined;
  const entry = annotations.map(mapOf).find((one) => one.get("key") === MANAGED);
  const mark = mapOf(entry?.get("value"));
  return mark.size === 0 ? undefined : mark;
}

export function projectOf(entity: JsonMap): string | undefined {
  const mark = markOf(entity);
  return mark === undefined ? undefined : text(mark, "projectName");
}

/** Names of packages, `/ns/name` each, that the entity's project depends on. */
export function dependenciesOf(entity: JsonMap): readonly string[] {
  const list = markOf(entity)?.get("projectDeps");
  return Array.isArray(list) ? list.map((entry: Value) => text(mapOf(entry), "key") ?? "") : [];
}

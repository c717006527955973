/** Kinds of the platform, and what they say about a file's extension (wskdeploy's rules). */
import { isMap, mapOf, type Value } from "../client/json.ts";
import { text } from "../client/records.ts";

export type Runtimes = {
  /** kinds that may be asked for, `FAMILY:default` among them */
  readonly kinds: ReadonlySet<string>;
  /** default kind by family */
  readonly defaults: ReadonlyMap<string, string>;
  /** family by extension */
  readonly families: ReadonlyMap<string, string>;
};

/** Extensions by the word that the name of a family contains; the first that fits counts. */
const EXTENSIONS: readonly (readonly [string, readonly string[]])[] = [
  ["nodejs", ["js"]],
  ["python", ["py"]],
  ["swift", ["swift"]],
  ["php", ["php"]],
  ["java", ["java", "jar"]],
  ["ruby", ["rb"]],
  ["rust", ["rs"]],
  ["go", ["go"]],
  ["dotnet", ["cs"]],
];

/** What is assumed of a platform that does not list its runtimes. */
const ASSUMED = [
  "nodejs:20",
  "python:3.11",
  "swift:5.7",
  "php:8.2",
  "java:8",
  "ruby:2.5",
  "go:1.20",
];

/** Reads what the platform says at its root: `{"runtimes": {FAMILY: [{kind, default, …}]}}`. */
export function readRuntimes(description: Value | undefined): Runtimes {
  const families = mapOf(mapOf(description).get("runtimes"));
  const kinds = new Set<string>();
  const defaults = new Map<string, string>();
  for (const [family, versions] of families) {
    for (const version of Array.isArray(versions) ? versions.filter(isMap) : []) {
      const kind = text(version, "kind") ?? "";
      const isDeprecated = version.get("deprecated") === true;
      if (!isDeprecated) kinds.add(kind);
      if (version.get("default") !== true) continue;
      kinds.add(`${kind.split(":")[0]}:default`);
      if (!isDeprecated) defaults.set(family, kind);
    }
  }
  if (defaults.size === 0) return assumed();
  return { kinds, defaults, families: byExtension([...families.keys()]) };
}

function assumed(): Runtimes {
  const families = ASSUMED.map((kind) => kind.split(":")[0] ?? "");
  return {
    kinds: new Set([...ASSUMED, ...families.map((family) => `${family}:default`)]),
    defaults: new Map(ASSUMED.map((kind) => [kind.split(":")[0] ?? "", kind])),
    families: byExtension(families),
  };
}

function byExtension(families: readonly string[]): ReadonlyMap<string, string> {
  return new Map(families.flatMap((family) => extensionsOf(family).map((ext) => [ext, family])));
}

function extensionsOf(family: string): readonly string[] {
  return EXTENSIONS.find(([word]) => family.includes(word))?.[1] ?? [];
}

/** Extension of a file with code of the kind; "" when there is none. */
export function extensionOfKind(kind: string): string {
  return extensionsOf(kind.split(":")[0] ?? "")[0] ?? "";
}

/** Kind that an extension stands for; "" when it stands for none. */
export function defaultKind(extension: string, runtimes: Runtimes): string {
  return runtimes.defaults.get(runtimes.families.get(extension) ?? "") ?? "";
}

/** Whether files with the extension are code of the kind. */
export function fits(extension: string, kind: string, runtimes: Runtimes): boolean {
  const family = runtimes.families.get(extension);
  return family !== undefined && (kind.split(":")[0] ?? "") === family && runtimes.kinds.has(kind);
}

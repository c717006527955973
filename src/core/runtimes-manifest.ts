/**
 * The runtimes manifest in OpenWhisk's JSON shape: language families with their kinds
 * (openwhisk-runtimes.json). Only languages that have a launcher are kept.
 */
import { isJsonObject } from "../lib/json.ts";
import type { Json, JsonObject } from "./documents.ts";

/** Languages with a launcher in `runtimes/`. */
export const LANGUAGES = ["nodejs", "python"] as const;
export type Language = (typeof LANGUAGES)[number];

/** Processes to keep ready for a kind. */
export type StemCell = { readonly initialCount: number; readonly memoryMb: number };

export type RuntimeManifest = {
  readonly kind: string;
  /** As `GET /` shows it. */
  readonly image: string;
  readonly default: boolean;
  readonly deprecated: boolean;
  readonly requireMain: boolean;
  readonly stemCells: readonly StemCell[];
};

export type Manifest = {
  readonly families: ReadonlyMap<Language, readonly RuntimeManifest[]>;
  /** One line for the operator per family that was left out. */
  readonly notes: readonly string[];
};

/**
 * Reads a manifest file's JSON. Throws an `Error` with one line for the operator: what is wrong,
 * and where.
 */
export function parseManifest(value: Json): Manifest {
  const runtimes = isJsonObject(value) ? value["runtimes"] : undefined;
  if (!isJsonObject(runtimes)) throw new Error("manifest: 'runtimes' must be an object");
  const families = new Map<Language, RuntimeManifest[]>();
  const notes: string[] = [];
  for (const [name, versions] of Object.entries(runtimes as JsonObject)) {
    const language = LANGUAGES.find((known) => known === name);
    if (language === undefined) notes.push(`manifest: no launcher for '${name}', left out`);
    else families.set(language, parseFamily(language, versions));
  }
  return { families, notes };
}

function parseFamily(language: Language, versions: Json): RuntimeManifest[] {
  if (!Array.isArray(versions)) throw new Error(`manifest: '${language}' must be an array`);
  const kinds = versions.map((version, index) => parseRuntime(version, `${language}[${index}]`));
  const defaults = kinds.filter((runtime) => runtime.default);
  if (kinds.length > 1 && defaults.length !== 1) {
    const found = defaults.length === 0 ? "no default" : "more than one default";
    throw new Error(`manifest: ${language} has several kinds and ${found}`);
  }
  return kinds;
}

function parseRuntime(value: Json, where: string): RuntimeManifest {
  if (!isJsonObject(value)) throw new Error(`manifest: ${where} must be an object`);
  const { kind, stemCells } = value as JsonObject;
  if (typeof kind !== "string" || kind.trim() === "") {
    throw new Error(`manifest: ${where}.kind must be a string`);
  }
  return {
    kind: kind.trim().toLowerCase(),
    image: imageName(value["image"] as Json | undefined, `${where}.image`),
    default: flag(value as JsonObject, "default", where),
    deprecated: flag(value as JsonObject, "deprecated", where),
    requireMain: flag(value as JsonObject, "requireMain", where),
    stemCells: parseStemCells(stemCells ?? [], `${where}.stemCells`),
  };
}

function flag(object: JsonObject, name: string, where: string): boolean {
  const value = object[name] ?? false;
  if (typeof value !== "boolean") throw new Error(`manifest: ${where}.${name} must be a boolean`);
  return value;
}

/** "[registry/][prefix/]name[:tag]" of an image object; "" when there is none. */
function imageName(value: Json | undefined, where: string): string {
  if (value === undefined) return "";
  const { registry, prefix, name, tag } = isJsonObject(value) ? value : {};
  if (typeof name !== "string") throw new Error(`manifest: ${where}.name must be a string`);
  const part = (text: unknown, before: string, after: string): string =>
    typeof text === "string" && text !== "" ? before + text.replace(/\/$/, "") + after : "";
  return part(registry, "", "/") + part(prefix, "", "/") + name + part(tag, ":", "");
}

function parseStemCells(value: Json, where: string): StemCell[] {
  if (!Array.isArray(value)) throw new Error(`manifest: ${where} must be an array`);
  return value.map((cell) => {
    const { initialCount, count, memory } = isJsonObject(cell) ? cell : {};
    const processes = initialCount ?? count;
    const megabytes = typeof memory === "string" ? /^(\d+)\s?MB?$/i.exec(memory)?.[1] : undefined;
    if (typeof processes !== "number" || !(processes > 0) || megabytes === undefined) {
      throw new Error(`manifest: ${where} needs initialCount above 0 and memory such as "256 MB"`);
    }
    return { initialCount: Math.floor(processes), memoryMb: Number(megabytes) };
  });
}

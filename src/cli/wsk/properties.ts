/** The property file and what overrides it: environment, then flags (wsk-cli 2). */
import { readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { reason } from "./read-file.ts";
import { EXIT, WskError } from "./wsk-error.ts";

/** Values in effect. */
export type Properties = {
  readonly apiHost: string;
  readonly auth: string;
  readonly apiVersion: string;
  /** path of the client's certificate */
  readonly cert: string;
  /** path of the client's key */
  readonly key: string;
};

type Environment = Readonly<Record<string, string | undefined>>;

export const DEFAULT_API_VERSION = "v1";

/** WSK_CONFIG_FILE wins even when it is empty, which means: no file. */
export function propertyFile(env: Environment): string {
  return env["WSK_CONFIG_FILE"] ?? join(env["HOME"] ?? homedir(), ".wskprops");
}

/** Keys and values of the file; a missing file is an empty one. */
export async function readPropertyFile(file: string): Promise<Map<string, string>> {
  let text = "";
  try {
    text = await readFile(file, "utf8");
  } catch {
    // The original takes a file that it cannot read for an empty one.
  }
  return parseProperties(text);
}

/**
 * Lines of exactly KEY=VALUE count, everything after "#" is a comment. Blanks around "=" belong to
 * the key and the value.
 */
export function parseProperties(text: string): Map<string, string> {
  const pairs = text.split("\n").map((line) => line.replace(/#.*/, "").trim().split("="));
  return new Map(
    pairs.flatMap(([key, value, ...more]): [string, string][] =>
      key === undefined || value === undefined || more.length > 0 ? [] : [[key, value]],
    ),
  );
}

/** A new file holds a key: only its owner may read it. */
const NEW_FILE_MODE = 0o600;

/** Writes the whole file anew; comments are lost, unknown keys stay. */
export async function writePropertyFile(
  file: string,
  properties: ReadonlyMap<string, string>,
): Promise<void> {
  const lines = [...properties].map(([key, value]) => `${key.toUpperCase()}=${value}\n`);
  try {
    await writeFile(file, lines.join(""), { mode: NEW_FILE_MODE });
  } catch (cause) {
    throw writeError(file, cause);
  }
}

function writeError(file: string, cause: unknown): WskError {
  const text = `Whisk properties file write failure: open ${file}: ${reason(cause)}`;
  return new WskError(text, EXIT.general, { cause });
}

/** The values in effect: file, then environment, then flags. Empty values do not override. */
export function effectiveProperties(
  file: ReadonlyMap<string, string>,
  env: Environment,
  flag: (name: string) => string,
): Properties {
  const pick = (...candidates: (string | undefined)[]): string =>
    candidates.find((candidate) => candidate !== undefined && candidate !== "") ?? "";
  const version = pick(flag("apiversion"), env["WHISK_APIVERSION"]);
  return {
    apiHost: pick(flag("apihost"), env["WHISK_APIHOST"], file.get("APIHOST")?.replace(/\/+$/, "")),
    auth: pick(flag("auth"), env["WHISK_AUTH"], file.get("AUTH")),
    apiVersion: version === "" ? (file.get("APIVERSION") ?? DEFAULT_API_VERSION) : version,
    cert: pick(flag("cert"), file.get("CERT")),
    key: pick(flag("key"), file.get("KEY")),
  };
}

/** Reads the settings file, YAML or JSON (which YAML contains), into values by setting key. */
import { readFile } from "node:fs/promises";
import { didYouMean } from "../lib/suggest.ts";
import { SETTINGS } from "./schema.ts";

export type FileValues = {
  readonly values: ReadonlyMap<string, unknown>;
  readonly problems: readonly string[];
};

const FILE_BYTES_MAX = 1024 * 1024;

export async function readSettingsFile(path: string): Promise<FileValues> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === "ENOENT" ? "no such file" : error;
    return { values: new Map(), problems: [`${path}: cannot be read: ${reason}`] };
  }
  if (text.length > FILE_BYTES_MAX) {
    return { values: new Map(), problems: [`${path}: longer than ${FILE_BYTES_MAX} bytes`] };
  }
  return parse(text, path);
}

/** The original's format. YAML would read much of it as one long text. */
const HOCON = /^\s*include\s+(classpath|file|url|required|")/m;

async function parse(text: string, path: string): Promise<FileValues> {
  const fail = (reason: string) => ({ values: new Map(), problems: [`${path}: ${reason}`] });
  if (HOCON.test(text)) {
    return fail("HOCON files of the original are not read, see docs/configuration.md");
  }
  // Loaded only here: most starts have no file.
  const { parseDocument } = await import("yaml");
  const document = parseDocument(text, { logLevel: "silent" });
  // The library's messages quote the lines around a fault, which may hold keys of users.
  const [first] = document.errors.map((error) => error.message.split("\n")[0] ?? "");
  if (first !== undefined) return fail(first.replace(/:$/, ""));
  try {
    return flatten(document.toJS() as unknown, path);
  } catch (error) {
    // Aliases that unfold to more than the library allows.
    return fail((error as Error).message);
  }
}

const KEYS: ReadonlySet<string> = new Set(SETTINGS.map((setting) => setting.key));
const GROUPS: ReadonlySet<string> = new Set([...KEYS].flatMap((key) => beginnings(key)));

/** "action.timeout.max_ms" → "action", "action.timeout" */
function beginnings(key: string): string[] {
  const parts = key.split(".");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("."));
}

/** Nested groups and dotted keys may be mixed: `api: {port: 1}` and `api.port: 1` are the same. */
function flatten(root: unknown, path: string): FileValues {
  const values = new Map<string, unknown>();
  const problems: string[] = [];
  const visit = (node: unknown, at: string): void => {
    if (KEYS.has(at)) {
      if (values.has(at)) problems.push(`${path}: ${at} stands twice`);
      // An empty value (`port:`) is what is left when a line is commented out: the default holds.
      if (node !== null) values.set(at, node);
    } else if (at === "" || GROUPS.has(at)) {
      if (node === null) return;
      if (typeof node !== "object" || Array.isArray(node)) {
        problems.push(`${path}: ${at === "" ? "the whole" : at} is not a group of settings`);
        return;
      }
      for (const [name, child] of Object.entries(node)) {
        visit(child, at === "" ? name : `${at}.${name}`);
      }
    } else {
      problems.push(`${path}: ${at} is unknown${didYouMean(at, [...KEYS, ...GROUPS])}`);
    }
  };
  visit(root ?? null, "");
  return { values, problems };
}

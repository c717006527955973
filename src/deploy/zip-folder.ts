/**
 * Zips the folder of an action, with files of elsewhere put in (`include`) and files of it left out
 * (`exclude`). It is done in memory: nothing is written beside the user's files (wsk-cli 17.5).
 */
import { lstat, readdir, readFile } from "node:fs/promises";
import { basename, dirname, join, normalize, relative } from "node:path";
import { zipSync } from "fflate";
import { DeployError } from "./deploy-error.ts";
import { glob } from "./glob.ts";
import { CONTENT_BYTES_MAX, kindOfPath } from "./read-content.ts";

export type FolderContents = {
  readonly folder: string;
  /** what `include` and `exclude` start from */
  readonly manifestFolder: string;
  readonly include: readonly (readonly string[])[];
  readonly exclude: readonly string[];
};

/** The same files always give the same bytes. */
const MODIFIED = new Date(1980, 0, 1);

/** Throws a DeployError for a file that is not there, or when there is too much. */
export async function zipFolder(contents: FolderContents): Promise<Buffer> {
  const files = new Map<string, string>();
  const excluded = await excludedFiles(contents);
  for (const path of await walk(contents.folder)) {
    if (!excluded.has(normalize(path))) files.set(relative(contents.folder, path), path);
  }
  for (const entry of contents.include) {
    for (const [name, path] of await includedFiles(entry, contents)) files.set(name, path);
  }
  return zip(files);
}

async function zip(files: ReadonlyMap<string, string>): Promise<Buffer> {
  const entries: Record<string, Uint8Array> = {};
  let size = 0;
  for (const [name, path] of files) {
    const content = await readFile(path);
    size += content.length;
    if (size > CONTENT_BYTES_MAX) {
      throw readError(`the files of the action are more than ${CONTENT_BYTES_MAX} bytes`);
    }
    entries[name] = content;
  }
  return Buffer.from(zipSync(entries, { mtime: MODIFIED }));
}

function readError(text: string): DeployError {
  return new DeployError("ERROR_FILE_READ_ERROR", text);
}

/** Regular files below a folder, or the file itself; links are not followed. */
async function walk(path: string): Promise<readonly string[]> {
  const state = await lstat(path).catch(() => undefined);
  if (state === undefined) throw readError(`${path}: no such file or directory`);
  if (state.isFile()) return [path];
  if (!state.isDirectory()) return [];
  const files: string[] = [];
  for (const name of (await readdir(path)).sort()) files.push(...(await walk(join(path, name))));
  return files;
}

/** A pattern that does not end in `*` names a folder, all of whose content is left out. */
async function excludedFiles(contents: FolderContents): Promise<ReadonlySet<string>> {
  const excluded = new Set<string>();
  for (const pattern of contents.exclude) {
    const full = join(contents.manifestFolder, pattern);
    for (const path of await glob(full.endsWith("*") ? full : join(full, "*"))) {
      for (const file of await walk(path)) excluded.add(normalize(file));
    }
  }
  return excluded;
}

type Files = readonly (readonly [name: string, path: string])[];

/** `[source]` keeps its path, `[source, destination]` names another; other lengths mean nothing. */
async function includedFiles(entry: readonly string[], contents: FolderContents): Promise<Files> {
  const [source = "", destination = source] = entry;
  if (entry.length < 1 || entry.length > 2) return [];
  const from = join(contents.manifestFolder, source);
  if (source.includes("*")) return matchingFiles(from, destination);
  const isFolderName = destination.endsWith("/") && (await kindOfPath(from)) === "file";
  return placed(from, isFolderName ? destination + basename(from) : destination);
}

async function matchingFiles(pattern: string, destination: string): Promise<Files> {
  const folder = destination.endsWith("/") ? destination : dirname(destination);
  const target = folder.split("*")[0] ?? "";
  const files: (readonly [string, string])[] = [];
  for (const path of await glob(pattern)) {
    files.push(...(await placed(path, join(target, inside(relative(pattern, path))))));
  }
  return files;
}

/** A file, or all files below a folder, with their names in the zip. */
async function placed(path: string, name: string): Promise<Files> {
  const files = await walk(path);
  return files.map((file) => [inside(join(name, relative(path, file))), file]);
}

/** A name that does not lead out of the zip. */
function inside(name: string): string {
  return normalize(name).replace(/^(?:\.{0,2}\/)+/, "");
}

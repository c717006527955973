/** Reads the code that the actions of a manifest name: files, folders, addresses. */
import { fileError } from "./deploy-error.ts";
import { type Environment, interpolate } from "./interpolate.ts";
import type { ActionEntry, PackageEntry } from "./manifest.ts";
import type { Source } from "./plan.ts";
import { extensionOf, folderOf, isAddress, kindOfPath, readContent } from "./read-content.ts";
import { zipFolder } from "./zip-folder.ts";

type Place = { readonly file: string; readonly env: Environment };

/** Code by package and action. Throws a DeployError for what cannot be read. */
export async function readSources(
  packages: readonly (readonly [string, PackageEntry])[],
  place: Place,
): Promise<ReadonlyMap<string, ReadonlyMap<string, Source>>> {
  const found = new Map<string, ReadonlyMap<string, Source>>();
  for (const [name, { actions }] of packages) {
    const sources = new Map<string, Source>();
    for (const [action, entry] of actions) {
      const source = await readSource(action, entry, place);
      if (source !== undefined) sources.set(action, source);
    }
    found.set(name, sources);
  }
  return found;
}

async function readSource(
  action: string,
  entry: ActionEntry,
  { file, env }: Place,
): Promise<Source | undefined> {
  const named = interpolate(entry.function === "" ? entry.location : entry.function, env);
  if (named === "") return undefined;
  if (isAddress(named)) {
    if (extensionOf(named) === "") throw remoteFolder(action, named, file);
    return { extension: extensionOf(named), content: await readContent(named) };
  }
  const path = folderOf(file) + named;
  if (isAddress(path) || (await kindOfPath(path)) !== "folder") {
    return { extension: extensionOf(path), content: await readContent(path) };
  }
  const { include, exclude } = entry;
  const manifestFolder = folderOf(file);
  const content = await zipFolder({ folder: path, manifestFolder, include, exclude });
  return { extension: "zip", content };
}

function remoteFolder(action: string, address: string, file: string): Error {
  const text =
    `Action [${action}] has function pointing to remote directory [${address}], such actions are ` +
    "not supported.";
  return fileError("ERROR_YAML_FILE_FORMAT_ERROR", file, text);
}

/**
 * The packages of `/whisk.system` that the program brings along. An unchanged catalog costs a start
 * one look at its files and one read of the store.
 */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../core/documents.ts";
import type { InstallRecord } from "./catalog-changes.ts";
import type { CatalogDeps, CatalogPackage } from "./catalog-package.ts";

/** What was installed: digest of all packages, and when each entity was written. */
const RECORD = "/catalog/whisk.system";

/** Changes when an installation writes other documents for the same files. */
const FORMAT = 1;

const FOLDER = fileURLToPath(new URL("../../catalog/", import.meta.url));

/**
 * The packages in `catalog/`, by name. `own`: parameters by package that only this platform knows;
 * a package for which they are undefined is left out.
 */
export async function stockCatalog(
  own: Readonly<Record<string, JsonObject | undefined>> = {},
): Promise<readonly CatalogPackage[]> {
  const entries = await readdir(FOLDER, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return names.sort().flatMap((name): CatalogPackage[] => {
    const parameters = own[name];
    if (parameters !== undefined) return [{ folder: join(FOLDER, name), parameters }];
    return Object.hasOwn(own, name) ? [] : [{ folder: join(FOLDER, name) }];
  });
}

/**
 * Installs what is new or was changed since, but nothing that somebody else has written or taken
 * away meanwhile. A package that cannot be read keeps none of the platform from working: it is
 * logged. Rejects `STORE_UNAVAILABLE`.
 */
export async function installCatalog(
  deps: CatalogDeps,
  packages: readonly CatalogPackage[],
): Promise<void> {
  const [digest, entry] = await Promise.all([digestOf(packages), deps.config.get(RECORD)]);
  // Only this function writes the entry.
  const record = entry?.value as unknown as (InstallRecord & { digest: string }) | undefined;
  if (record?.digest === digest) return;
  // Reading manifests needs a good part of the client: most starts do without.
  const { installPackages } = await import("./catalog-install.ts");
  const updated = await installPackages(deps, packages, record?.updated ?? {});
  await deps.config.put(RECORD, { digest, updated });
}

/** Over names and content of all files, and the parameters. */
async function digestOf(packages: readonly CatalogPackage[]): Promise<string> {
  const hash = createHash("sha256").update(`${FORMAT}\n`);
  const all = await Promise.all(packages.map(readPackage));
  for (const [at, files] of all.entries()) {
    hash.update(`${JSON.stringify(packages[at]?.parameters ?? {})}\n`);
    for (const { name, content } of files)
      hash.update(`${name}\n${content.length}\n`).update(content);
  }
  return hash.digest("hex");
}

async function readPackage({
  folder,
}: CatalogPackage): Promise<readonly { readonly name: string; readonly content: Buffer }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const read = async (path: string) => ({
    name: path.slice(folder.length),
    content: await readFile(path),
  });
  return Promise.all(paths.sort().map(read));
}

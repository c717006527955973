/**
 * The packages of `/whisk.system` that the program brings along. An unchanged catalog costs a start
 * one read of a file and one of the store.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../core/documents.ts";
import type { InstallRecord } from "./catalog-changes.ts";
import { installPackages } from "./catalog-install.ts";
import type { CatalogDeps, CatalogPackage, PlannedPackage } from "./catalog-package.ts";

/** What was installed: digest of all packages, and when each entity was written. */
const RECORD = "/catalog/whisk.system";

/** Changes when an installation writes other documents for the same files. */
const FORMAT = 1;

/** The build makes it of the projects in `catalog/`. */
const BUILT = fileURLToPath(new URL("../../dist/catalog.json", import.meta.url));

/**
 * The packages in `catalog/`. `own`: parameters by package that only this platform knows; a package
 * for which they are undefined is left out.
 */
export async function stockCatalog(
  own: Readonly<Record<string, JsonObject | undefined>> = {},
): Promise<readonly CatalogPackage[]> {
  return (await readBuilt()).flatMap((one): CatalogPackage[] => {
    const parameters = own[one.name];
    if (parameters !== undefined) return [{ ...one, parameters }];
    return Object.hasOwn(own, one.name) ? [] : [one];
  });
}

/** Nothing when the program runs from its sources and was never built. */
async function readBuilt(): Promise<readonly PlannedPackage[]> {
  try {
    return JSON.parse(await readFile(BUILT, "utf8"));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw cause;
  }
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
  if (packages.length === 0) {
    deps.log("warn", "the catalog is not built: run npm run build to have it in whisk.system");
    return;
  }
  // Another default kind makes other documents, too.
  const kind = deps.kinds.resolve("nodejs:default")?.kind ?? "";
  const digest = digestOf(packages, kind);
  const entry = await deps.config.get(RECORD);
  // Only this function writes the entry.
  const record = entry?.value as unknown as (InstallRecord & { digest: string }) | undefined;
  if (record?.digest === digest) return;
  const updated = await installPackages(deps, packages, record?.updated ?? {});
  await deps.config.put(RECORD, { digest, updated });
}

function digestOf(packages: readonly CatalogPackage[], kind: string): string {
  const text = JSON.stringify([FORMAT, kind, packages]);
  return createHash("sha256").update(text).digest("hex");
}

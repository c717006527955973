/** Makes documents of the packages of the catalog and writes them, in one transaction. */
import { storeCode } from "../controller/api/action-code.ts";
import { createAction } from "../core/action.ts";
import { parseActionPut, parseSizedPut } from "../core/action-put.ts";
import type { ActionDocument, Json, PackageDocument } from "../core/documents.ts";
import { standardLimits } from "../core/limits.ts";
import { createPackage, parsePackagePut } from "../core/package.ts";
import { mergeParameters } from "../core/parameters.ts";
import { catalogChanges, type InstallRecord, type Shipped } from "./catalog-changes.ts";
import { CATALOG_NAMESPACE, type CatalogDeps, type CatalogPackage } from "./catalog-package.ts";

/** Gives what the next installation must know. Rejects `STORE_UNAVAILABLE`. */
export async function installPackages(
  deps: CatalogDeps,
  packages: readonly CatalogPackage[],
  known: InstallRecord["updated"],
): Promise<InstallRecord["updated"]> {
  const now = deps.now();
  const read = await Promise.all(packages.map((one) => readIfPossible(deps, one, now)));
  const shipped = read.flat();
  const stored = await Promise.all(shipped.map(({ id }) => deps.entities.get(id)));
  const { changes, updated, kept } = catalogChanges(shipped, stored, known);
  if (changes.length > 0) await deps.entities.write(changes);
  if (kept.length > 0) deps.log("info", "left what was changed in whisk.system", { kept });
  deps.log("info", "installed the catalog in whisk.system", { entities: changes.length });
  return updated;
}

async function readIfPossible(
  deps: CatalogDeps,
  one: CatalogPackage,
  now: number,
): Promise<readonly Shipped[]> {
  try {
    return await readPackage(deps, one, now);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    deps.log("warn", "a package of the catalog was not installed", { package: one.name, reason });
    return [];
  }
}

async function readPackage(
  deps: CatalogDeps,
  one: CatalogPackage,
  now: number,
): Promise<readonly Shipped[]> {
  const actions = one.actions.map(({ name, body }) => actionOf(deps, one.name, name, body, now));
  const documents = [packageOf(one, now), ...(await Promise.all(actions))];
  return documents.map((document) => ({ id: `${document.namespace}/${document.name}`, document }));
}

function packageOf(
  { name, body, parameters: own = {} }: CatalogPackage,
  now: number,
): PackageDocument {
  const { parameters = [], annotations } = body as Record<string, never>;
  const given = Object.entries(own).map(([key, value]) => ({ key, value }));
  const sized = { parameters: mergeParameters(parameters, given), annotations };
  const put = parsePackagePut(body, sized, CATALOG_NAMESPACE);
  return createPackage(CATALOG_NAMESPACE, name, put, now);
}

async function actionOf(
  { attachments, kinds, limits }: CatalogDeps,
  home: string,
  name: string,
  body: Json,
  now: number,
): Promise<ActionDocument> {
  const put = parseActionPut(body, parseSizedPut(body, kinds));
  if (put.exec?.type !== "code") throw new Error(`${name} has no code`);
  return createAction({
    namespace: `${CATALOG_NAMESPACE}/${home}`,
    name,
    put,
    exec: await storeCode(attachments, put.exec),
    runtime: put.exec.resolved.runtime,
    standard: standardLimits(limits),
    now,
  });
}

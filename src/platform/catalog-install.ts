/** Reads the manifests of the catalog and writes what they say, in one transaction. */
import { join } from "node:path";
import { encode } from "../client/json.ts";
import { storeCode } from "../controller/api/action-code.ts";
import { createAction } from "../core/action.ts";
import { parseActionPut, parseSizedPut } from "../core/action-put.ts";
import { parseContent } from "../core/content.ts";
import type { ActionDocument, Json, JsonObject, PackageDocument } from "../core/documents.ts";
import type { KindTable } from "../core/kinds.ts";
import { standardLimits } from "../core/limits.ts";
import { createPackage, parsePackagePut } from "../core/package.ts";
import { mergeParameters } from "../core/parameters.ts";
import type { PackagePlan } from "../deploy/plan.ts";
import { prepareProject } from "../deploy/prepare.ts";
import { actionRecord, packageRecord } from "../deploy/records.ts";
import type { Runtimes } from "../deploy/runtimes.ts";
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
    deps.log("warn", "a package of the catalog was not installed", { folder: one.folder, reason });
    return [];
  }
}

async function readPackage(
  deps: CatalogDeps,
  { folder, parameters = {} }: CatalogPackage,
  now: number,
): Promise<readonly Shipped[]> {
  const location = { manifest: join(folder, "manifest.yaml"), deployment: "", project: "" };
  const plan = await prepareProject(location, {
    namespace: CATALOG_NAMESPACE,
    env: {},
    runtimes: runtimesOf(deps.kinds),
    params: new Map(),
    isStrict: false,
    isManaged: false,
    isUndeploy: false,
    // It warns that packages are public: these are meant to be.
    warn: () => undefined,
  });
  const shipped = plan.packages.map(async (planned): Promise<readonly Shipped[]> => {
    const actions = planned.actions.map((action) => {
      const body = actionRecord(action, `${planned.name}/${action.name}`, CATALOG_NAMESPACE);
      return actionOf(deps, planned.name, action.name, parseContent(encode(body)), now);
    });
    const documents = [packageOf(planned, parameters, now), ...(await Promise.all(actions))];
    return documents.map((document) => ({
      id: `${document.namespace}/${document.name}`,
      document,
    }));
  });
  return (await Promise.all(shipped)).flat();
}

function packageOf(planned: PackagePlan, own: JsonObject, now: number): PackageDocument {
  const body = parseContent(encode(packageRecord(planned)));
  const { parameters = [], annotations } = body as JsonObject as Record<string, never>;
  const given = Object.entries(own).map(([key, value]) => ({ key, value }));
  const sized = { parameters: mergeParameters(parameters, given), annotations };
  const put = parsePackagePut(body, sized, CATALOG_NAMESPACE);
  return createPackage(CATALOG_NAMESPACE, planned.name, put, now);
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

/** All actions of the catalog are JavaScript, on the default kind of this platform. */
function runtimesOf(kinds: KindTable): Runtimes {
  return {
    kinds: new Set([...kinds.kinds, "nodejs:default"]),
    defaults: new Map([["nodejs", "nodejs:default"]]),
    families: new Map([["js", "nodejs"]]),
  };
}

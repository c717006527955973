/** What a project of the catalog consists of, read from its manifest when the program is built. */
import { join } from "node:path";
import { encode } from "../client/json.ts";
import { parseContent } from "../core/content.ts";
import { prepareProject } from "../deploy/prepare.ts";
import { actionRecord, packageRecord } from "../deploy/records.ts";
import type { Runtimes } from "../deploy/runtimes.ts";
import { CATALOG_NAMESPACE, type PlannedPackage } from "./catalog-package.ts";

/** All actions of the catalog are JavaScript, on the default kind of whatever platform. */
const RUNTIMES: Runtimes = {
  kinds: new Set(["nodejs:default"]),
  defaults: new Map([["nodejs", "nodejs:default"]]),
  families: new Map([["js", "nodejs"]]),
};

/** The packages of `{folder}/manifest.yaml`. Rejects with a DeployError. */
export async function planCatalog(folder: string): Promise<readonly PlannedPackage[]> {
  const location = { manifest: join(folder, "manifest.yaml"), deployment: "", project: "" };
  const { packages } = await prepareProject(location, {
    namespace: CATALOG_NAMESPACE,
    env: {},
    runtimes: RUNTIMES,
    params: new Map(),
    isStrict: false,
    isManaged: false,
    isUndeploy: false,
    // It warns that packages are public: these are meant to be.
    warn: () => undefined,
  });
  return packages.map((planned) => ({
    name: planned.name,
    body: parseContent(encode(packageRecord(planned))),
    actions: planned.actions.map((action) => {
      const record = actionRecord(action, `${planned.name}/${action.name}`, CATALOG_NAMESPACE);
      return { name: action.name, body: parseContent(encode(record)) };
    }),
  }));
}

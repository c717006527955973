/** Installs a folder with a manifest, for parts of the platform that bring packages along. */
import { join } from "node:path";
import type { WhiskClient } from "../client/client.ts";
import { deployPlan } from "./deploy.ts";
import { fileError } from "./deploy-error.ts";
import type { Environment } from "./interpolate.ts";
import type { Plan } from "./plan.ts";
import { prepareProject } from "./prepare.ts";
import { findDeployment, findManifest } from "./project-files.ts";
import { readRuntimes } from "./runtimes.ts";
import { openTarget } from "./target.ts";

export type CatalogOptions = {
  /** with the key of the namespace's owner */
  readonly client: WhiskClient;
  /** e.g. "whisk.system" */
  readonly namespace: string;
  /** host of the API, e.g. "http://127.0.0.1:3233", for the addresses of APIs */
  readonly apiHost: string;
  /** "uuid:key", as in the client; feeds are given it */
  readonly auth: string;
  /** variables that the manifest may name */
  readonly env?: Environment;
  readonly wait: (ms: number) => Promise<void>;
  readonly warn?: (text: string) => void;
};

/**
 * Deploys `{folder}/manifest.yaml` (and its deployment file) into a namespace; doing it again
 * updates what is there. Gives what was deployed. Rejects with a DeployError before anything was
 * sent, with a ClientFailure when a request fails.
 */
export async function deployCatalog(folder: string, options: CatalogOptions): Promise<Plan> {
  const { client, namespace, env = {}, warn = () => undefined } = options;
  const manifest = await findManifest(folder);
  if (manifest === undefined) {
    const text = `Manifest file not found at path [${folder}].`;
    throw fileError("ERROR_MANIFEST_FILE_NOT_FOUND", join(folder, "manifest.yaml"), text);
  }
  const deployment = (await findDeployment(folder)) ?? "";
  const plan = await prepareProject(
    { manifest, deployment, project: "" },
    {
      namespace,
      env,
      warn,
      runtimes: readRuntimes(await client.description()),
      params: new Map(),
      isStrict: false,
      isManaged: false,
      isUndeploy: false,
    },
  );
  const target = openTarget({ ...options, apigwToken: "", warn, info: () => undefined });
  await deployPlan(plan, target);
  return plan;
}

/** Where a project keeps its files. */
import { join } from "node:path";
import { kindOfPath } from "./read-content.ts";

export type ProjectLocation = {
  /** path or address */
  readonly manifest: string;
  /** "" when there is none */
  readonly deployment: string;
  /** overrides the name in the manifest; "" does not */
  readonly project: string;
};

/** Path of the manifest in a folder; undefined when there is none. */
export function findManifest(folder: string): Promise<string | undefined> {
  return firstOf(folder, ["manifest.yaml", "manifest.yml"]);
}

/** Path of the deployment file in a folder; undefined when there is none. */
export function findDeployment(folder: string): Promise<string | undefined> {
  return firstOf(folder, ["deployment.yaml", "deployment.yml"]);
}

async function firstOf(folder: string, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const path = join(folder, name);
    if ((await kindOfPath(path)) === "file") return path;
  }
  return undefined;
}

/** What this machine offers for isolation: helper programs, layout of the root, user. */
import { accessSync, constants, lstatSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { SandboxPlan, Tools } from "./sandbox.ts";

const TOOL_FOLDERS = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];
const ROOT_ENTRIES = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store"];

export type Machine = {
  readonly tools: Tools;
  readonly isRoot: boolean;
} & Pick<SandboxPlan, "rootFolders" | "rootLinks">;

export function inspectMachine(): Machine {
  const tools: Record<string, string> = {};
  for (const name of ["bwrap", "unshare", "setpriv", "prlimit"]) {
    const path = findTool(name);
    if (path !== undefined) tools[name] = path;
  }
  return { tools, isRoot: process.getuid?.() === 0, ...rootLayout() };
}

function findTool(name: string): string | undefined {
  return TOOL_FOLDERS.map((folder) => join(folder, name)).find(isExecutable);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function rootLayout(): Pick<SandboxPlan, "rootFolders" | "rootLinks"> {
  const rootFolders: string[] = [];
  const rootLinks: { path: string; target: string }[] = [];
  for (const path of ROOT_ENTRIES) {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isSymbolicLink()) rootLinks.push({ path, target: readlinkSync(path) });
    else if (stat?.isDirectory()) rootFolders.push(path);
  }
  return { rootFolders, rootLinks };
}

/** Fetches repositories that projects depend on, with the machine's own git. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeployError } from "./deploy-error.ts";
import type { Environment } from "./interpolate.ts";

const CLONE_MAX_MS = 300_000;

/**
 * Clones one version (branch or tag; "" is what the repository itself starts with) into a new
 * temporary folder, which the caller removes. Throws a DeployError, also when there is no git.
 */
export async function cloneRepository(
  repository: string,
  version: string,
  env: Environment,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "meringue-dependency-"));
  const branch = version === "" ? [] : [`--branch=${version}`];
  const args = ["clone", "--quiet", "--depth=1", ...branch, "--", repository, folder];
  const problem = await runGit(args, env);
  if (problem === undefined) return folder;
  await rm(folder, { recursive: true, force: true });
  throw new DeployError(
    "ERROR_COMMAND_FAILED",
    `Unable to fetch the dependency ${repository}: ${problem}`,
  );
}

/** undefined when it succeeded, else why not. */
function runGit(args: readonly string[], env: Environment): Promise<string | undefined> {
  // It never asks for a password, and speaks no other protocols than these.
  const own = { ...env, GIT_TERMINAL_PROMPT: "0", GIT_ALLOW_PROTOCOL: "file:http:https" };
  const options = { env: own, timeout: CLONE_MAX_MS };
  return new Promise((resolve) => {
    execFile("git", [...args], options, (error, _out, said) => {
      if (error === null) resolve(undefined);
      else if (error.code === "ENOENT") {
        resolve("git is not installed. Install it, or name a local folder as location.");
      } else resolve(said.trim() === "" ? error.message : said.trim());
    });
  });
}

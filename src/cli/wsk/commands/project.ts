/** `wsk project deploy|undeploy|sync|export` (wsk-cli 17). */
import { resolve } from "node:path";
import { ClientFailure } from "../../../client/failures.ts";
import { deployPlan } from "../../../deploy/deploy.ts";
import { DeployError, fileError } from "../../../deploy/deploy-error.ts";
import { exportProject as exportFrom } from "../../../deploy/export.ts";
import { readProjectWithDependencies } from "../../../deploy/platform-plan.ts";
import { prepareProject } from "../../../deploy/prepare.ts";
import { previewText } from "../../../deploy/preview.ts";
import {
  findDeployment,
  findManifest,
  type ProjectLocation,
} from "../../../deploy/project-files.ts";
import { isAddress, kindOfPath } from "../../../deploy/read-content.ts";
import { reportText } from "../../../deploy/report.ts";
import { readRuntimes } from "../../../deploy/runtimes.ts";
import type { Target } from "../../../deploy/target.ts";
import { undeployPlan } from "../../../deploy/undeploy.ts";
import type { Context } from "../context.ts";
import { mergeObjects } from "../parameters.ts";
import { failing, reporting } from "./project-failure.ts";
import { withTarget } from "./project-target.ts";

export function deployProject(context: Context): Promise<void> {
  return reporting(() => deploy(context, "deploy", context.flags.switchedOn("managed")));
}

export function syncProject(context: Context): Promise<void> {
  return reporting(() => deploy(context, "sync", true));
}

async function deploy(context: Context, command: string, isManaged: boolean): Promise<void> {
  const location = await locate(context, command);
  if (location === undefined) return;
  await withTarget(context, [location.deployment, location.manifest], async (target) => {
    const plan = await prepare(context, location, target, { isManaged, isUndeploy: false });
    const { flags, io } = context;
    if (flags.switchedOn("preview")) return io.out(previewText(plan));
    if (command === "deploy" && flags.switchedOn("report")) return io.out(reportText(plan));
    await failing(
      context,
      "Deployment did not complete successfully. Run `wsk project undeploy` " +
        "to remove partially deployed assets.",
      () => deployPlan(plan, target),
    );
    succeed(context, "Deployment completed successfully.");
  });
}

export function undeployProject(context: Context): Promise<void> {
  return reporting(async () => {
    if (context.flags.text("projectname") !== "") return undeployByName(context);
    const location = await locate(context, "undeploy");
    if (location === undefined) return;
    await withTarget(context, [location.deployment, location.manifest], async (target) => {
      const options = { isManaged: false, isUndeploy: true };
      const plan = await prepare(context, location, target, options);
      if (context.flags.switchedOn("preview")) return context.io.out(previewText(plan));
      await failing(context, "Undeployment did not complete successfully.", () =>
        undeployPlan(plan, target),
      );
      succeed(context, "Undeployment completed successfully.");
    });
  });
}

/** All that carries the project's mark, whatever the files say; it is done without a word. */
async function undeployByName(context: Context): Promise<void> {
  await withTarget(context, [], async (target) => {
    const plans = await readProjectWithDependencies(context.flags.text("projectname"), target);
    for (const plan of plans) {
      if (context.flags.switchedOn("preview")) context.io.out(previewText(plan));
      else await undeployPlan(plan, target);
    }
  });
}

export function exportProject(context: Context): Promise<void> {
  return reporting(async () => {
    const { flags, io } = context;
    const project = flags.text("projectname");
    const manifest = flags.text("manifest");
    const missing = project === "" ? "--projectname" : manifest === "" ? "--manifest" : undefined;
    if (missing !== undefined) {
      const text = `A command line argument ${missing} is missing value, please specify its value.`;
      throw new DeployError("ERROR_COMMAND_FAILED", `Command: [Export]: ${text}`);
    }
    await withTarget(context, [], (target) =>
      exportFrom({ project, manifest, print: (line) => io.out(`${line}\n`) }, target),
    );
  });
}

/** The files of the project. undefined when there is no manifest: then the usage has been shown. */
async function locate(context: Context, command: string): Promise<ProjectLocation | undefined> {
  const { flags, io } = context;
  const folder = resolve(flags.text("project").trim());
  const project = flags.text("projectname");
  const manifest = flags.text("manifest") || (await findManifest(folder));
  if (manifest === undefined) {
    const usage = `Usage:\n  wsk project ${command} [flags]\n`;
    io.out(`Manifest file not found at path [${folder}].\n${usage}`);
    return undefined;
  }
  if (!isAddress(manifest) && (await kindOfPath(manifest)) !== "file") {
    const text = `Manifest file not found at path [${manifest}].`;
    throw fileError("ERROR_MANIFEST_FILE_NOT_FOUND", manifest, text);
  }
  const deployment = flags.text("deployment") || ((await findDeployment(folder)) ?? "");
  return { manifest, deployment, project };
}

type Preparing = { readonly isManaged: boolean; readonly isUndeploy: boolean };

async function prepare(
  { cut, flags, io }: Context,
  location: ProjectLocation,
  target: Target,
  { isManaged, isUndeploy }: Preparing,
) {
  const params = mergeObjects([...cut.params, ...flags.list("param")], "parameter");
  const isStrict = flags.switchedOn("strict");
  const { namespace, warn } = target;
  const description = isUndeploy ? undefined : await describe(target, isStrict);
  const runtimes = readRuntimes(description);
  const { env } = io;
  return prepareProject(location, {
    namespace,
    env,
    runtimes,
    params,
    isStrict,
    isManaged,
    isUndeploy,
    warn,
  });
}

/** What the platform runs; one that does not say is taken for a usual one, unless `--strict`. */
async function describe({ client, warn }: Target, isStrict: boolean) {
  try {
    return await client.description();
  } catch (cause) {
    if (!(cause instanceof ClientFailure)) throw cause;
    const failure = noRuntimes(cause);
    if (isStrict) throw failure;
    warn(failure.message);
    return undefined;
  }
}

function succeed({ io, paint }: Context, text: string): void {
  io.out(paint.green(`Success: ${text}\n`));
}

function noRuntimes(cause: ClientFailure): DeployError {
  const text = `Failed to retrieve runtimes ${cause.message}.`;
  return new DeployError("ERROR_RUNTIME_PARSER_FAILURE", text, cause);
}

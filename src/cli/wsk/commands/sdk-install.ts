/** `wsk sdk install docker|ios|bashauto` (wsk-cli 12). */
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { COMPLETION_SCRIPTS } from "../completion-scripts.ts";
import type { Context } from "../context.ts";
import { fileExists, reason } from "../read-file.ts";
import { complaining, EXIT, usageError, WskError } from "../wsk-error.ts";

export async function installSdk(context: Context): Promise<void> {
  const { args } = context;
  if (args.length !== 1) {
    throw usageError(
      "The SDK component argument is missing. One component (docker, ios, or bashauto) must be specified",
    );
  }
  const component = args[0]?.toLowerCase() ?? "";
  if (component === "docker") return installDocker(context);
  if (component === "ios") return installIos(context);
  if (component === "bashauto") return installCompletion(context);
  throw usageError(
    `The SDK component argument '${component}' is invalid. Valid components are docker, ios and bashauto`,
  );
}

const SCRIPT_FILE = "wsk_cli_bash_completion.sh";

async function installCompletion({ flags, io }: Context): Promise<void> {
  if (flags.switchedOn("stdout")) return io.out(COMPLETION_SCRIPTS.bash);
  try {
    await writeFile(SCRIPT_FILE, COMPLETION_SCRIPTS.bash);
  } catch (cause) {
    throw failure(
      `Unable to generate '${SCRIPT_FILE}': open ${SCRIPT_FILE}: ${reason(cause)}`,
      cause,
    );
  }
  io.out(
    `The bash auto-completion script (${SCRIPT_FILE}) is installed in the current directory.\n` +
      "To enable command line completion of wsk commands, source the auto completion script into your bash environment\n",
  );
}

const SKELETON_FILE = "blackbox.tar.gz";
const SKELETON_FOLDER = "dockerSkeleton";

/** Nothing is left in the folder when it fails on the way there. */
async function installDocker(context: Context): Promise<void> {
  await refuseExisting("file", SKELETON_FILE);
  await complaining("The docker SDK installation failed: ", async () => {
    const packed = await download(context, SKELETON_FILE);
    await refuseExisting("directory", SKELETON_FOLDER);
    await untar(gunzip(packed));
  });
  context.io.out("The docker skeleton is now installed at the current directory.\n");
}

const STARTER_APP = "OpenWhiskIOSStarterApp.zip";

async function installIos(context: Context): Promise<void> {
  await complaining("The ios SDK installation failed: ", async () => {
    await refuseExisting("file", STARTER_APP);
    const app = await download(context, STARTER_APP);
    try {
      await writeFile(STARTER_APP, app, { flag: "wx" });
    } catch (cause) {
      throw failure(
        `Error creating SDK file '${STARTER_APP}': open ${STARTER_APP}: ${reason(cause)}`,
        cause,
      );
    }
  });
  context.io.out(
    `Downloaded OpenWhisk iOS starter app. Unzip '${STARTER_APP}' and open the project in Xcode.\n`,
  );
}

async function refuseExisting(noun: "file" | "directory", name: string): Promise<void> {
  if (!(await fileExists(name))) return;
  throw failure(`The ${noun} '${name}' already exists.  Delete it and retry.`);
}

function download(context: Context, file: string): Promise<Buffer> {
  return complaining(`Unable to retrieve '${file}' SDK: `, () =>
    context.client().download(`/${file}`),
  );
}

function gunzip(packed: Buffer): Buffer {
  try {
    return gunzipSync(packed);
  } catch (cause) {
    const why = `Unable to unzip file '${SKELETON_FILE}': gzip: invalid header`;
    throw failure(`Error unGzipping file '${SKELETON_FILE}': ${why}`, cause);
  }
}

/** Unpacks into the working folder with the machine's own tar, which refuses paths out of it. */
async function untar(archive: Buffer): Promise<void> {
  const child = spawn("tar", ["-xf", "-"], { stdio: ["pipe", "ignore", "pipe"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  });
  // A tar that stops early closes the pipe; its exit code tells what there is to say.
  child.stdin.on("error", () => undefined).end(archive);
  const complaint = "Error untarring file 'temp.tar': ";
  try {
    const [said, code] = await Promise.all([text(child.stderr), ended]);
    if (code !== 0) throw failure(complaint + said.trim());
  } catch (cause) {
    if (cause instanceof WskError || !(cause instanceof Error)) throw cause;
    throw failure(complaint + cause.message, cause);
  }
}

function failure(message: string, cause?: unknown): WskError {
  return new WskError(message, EXIT.general, { cause });
}

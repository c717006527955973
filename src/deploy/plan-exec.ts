/** What an action runs: kind, code, image (wskdeploy's choice of a kind, wsk-cli 17.1). */
import { type DeployError, fileError } from "./deploy-error.ts";
import { interpolate } from "./interpolate.ts";
import type { ActionEntry } from "./manifest.ts";
import type { ExecPlan, PlanContext, Source } from "./plan.ts";
import { defaultKind, fits } from "./runtimes.ts";

const NATIVE_IMAGE = "openwhisk/dockerskeleton";
const BLACKBOX = "blackbox";
const BINARY_EXTENSIONS = new Set(["zip", "jar"]);

/** An action of the manifest with what its `function` names. */
export type Coded = {
  readonly name: string;
  readonly entry: ActionEntry;
  readonly source: Source | undefined;
};

/** Throws a DeployError when it cannot be told what runs the action. */
export function planExec(coded: Coded, context: PlanContext): ExecPlan {
  const { name, entry, source } = coded;
  const code = codeOf(coded, context);
  const image = imageOf(entry, context);
  const kind = image === undefined ? kindOf(coded, context) : BLACKBOX;
  const { file } = context;
  if (kind === "") throw invalid(file, `Action [${name}] has no kind set.`);
  if (source !== undefined && source.content.length === 0) {
    throw invalid(file, `Action [${name}] has no source code.`);
  }
  return {
    kind,
    ...(code === undefined ? {} : { code }),
    ...(image === undefined ? {} : { image }),
    ...(entry.main === "" ? {} : { main: entry.main }),
  };
}

function invalid(file: string, text: string): DeployError {
  return fileError("ERROR_YAML_PARSER_ERROR", file, text);
}

function imageOf({ docker, native }: ActionEntry, { env }: PlanContext): string | undefined {
  if (native) return NATIVE_IMAGE;
  return docker === "" ? undefined : interpolate(docker, env);
}

function codeOf({ name, entry, source }: Coded, { file }: PlanContext): string | undefined {
  if (entry.code === "") {
    const isBinary = BINARY_EXTENSIONS.has(source?.extension ?? "");
    return source?.content.toString(isBinary ? "base64" : "utf8");
  }
  const problem =
    source !== undefined
      ? "It has both code and function specified, only one of them is expected."
      : entry.runtime === "" && entry.docker === "" && !entry.native
        ? "It has code specified without any runtime. With action source code, runtime is mandatory."
        : undefined;
  if (problem === undefined) return entry.code;
  const text = `Action [${name}] is invalid. ${problem}`;
  throw fileError("ERROR_YAML_FILE_FORMAT_ERROR", file, text);
}

function kindOf(coded: Coded, context: PlanContext): string {
  if (coded.entry.code !== "") return kindOfText(coded, context);
  return coded.source === undefined ? "" : kindOfSource(coded, coded.source, context);
}

function kindOfText({ name, entry: { runtime } }: Coded, context: PlanContext): string {
  const { runtimes, isStrict, file } = context;
  if (isStrict || runtimes.kinds.has(runtime)) return runtime;
  const kind = runtimes.defaults.get(runtime);
  if (kind !== undefined) return kind;
  throw fileError("ERROR_YAML_FILE_FORMAT_ERROR", file, invalidRuntime(name, runtime));
}

function invalidRuntime(action: string, runtime: string): string {
  return `Invalid or missing runtime [${runtime}] specified in manifest for the action [${action}].`;
}

function kindOfSource({ name, entry }: Coded, source: Source, context: PlanContext): string {
  const { runtime } = entry;
  const { extension } = source;
  const { runtimes, warn } = context;
  const byExtension = defaultKind(extension, runtimes);
  if (runtime === "") {
    if (extension !== "zip" && byExtension !== "") return byExtension;
    throw unknownKind(name, extension, context);
  }
  const isKnown = runtimes.kinds.has(runtime);
  if (extension === "zip") {
    if (isKnown) return runtime;
    throw runtimeError(invalidRuntime(name, runtime), name, runtime, context);
  }
  if (isKnown && fits(extension, runtime, runtimes)) return runtime;
  warn(isKnown ? mismatch(name, runtime, extension) : invalidRuntime(name, runtime));
  if (context.isStrict) return runtime;
  warn(
    `Runtime changed to [${byExtension}] based on the action's source file extension for action ` +
      `[${name}].`,
  );
  return byExtension;
}

function mismatch(action: string, runtime: string, extension: string): string {
  return (
    `Runtime [${runtime}] specified in manifest does not match with action's source file ` +
    `extension [${extension}] for action [${action}].`
  );
}

const NOT_SPECIFIED = "NOT SPECIFIED";

function unknownKind(action: string, extension: string, context: PlanContext): DeployError {
  const text =
    extension === "zip"
      ? invalidRuntime(action, NOT_SPECIFIED)
      : `[${action}] has not specified any runtime and the action source file extension ` +
        `[${extension}] is not supported.`;
  return runtimeError(text, action, NOT_SPECIFIED, context);
}

function runtimeError(
  text: string,
  action: string,
  runtime: string,
  { file, runtimes }: PlanContext,
): DeployError {
  const known = [...runtimes.kinds].join(", ");
  return fileError(
    "ERROR_YAML_INVALID_RUNTIME",
    file,
    `${text} Action [${action}]: Runtime [${runtime}]: Supported Runtimes [${known}]`,
  );
}

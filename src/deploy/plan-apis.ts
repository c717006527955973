/** APIs of a package: which path leads to which of its actions (wsk-cli 17.1). */
import { pathParameters } from "../client/path-parameters.ts";
import { DeployError, fileError } from "./deploy-error.ts";
import type { ApiEntry } from "./manifest.ts";
import type { ApiPlan, PackagePlan, PlanContext } from "./plan.ts";
import type { PackageScope } from "./plan-actions.ts";
import { isWeb, withWeb } from "./web-annotations.ts";

const VERBS = ["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS"];
const HTTP = "http";

/** Throws a DeployError for a path, method or action that cannot be. */
export function planApis(scope: PackageScope, context: PlanContext): readonly ApiPlan[] {
  const apis: ApiPlan[] = [];
  for (const [name, bases] of scope.entry.apis) {
    for (const [base, paths] of bases) {
      checkBase(base, context.file);
      for (const [path, actions] of paths) {
        for (const [action, entry] of actions) {
          const place = { name, basePath: withSlash(base), path: withSlash(path), action };
          apis.push(planApi(place, entry, scope, context));
        }
      }
    }
  }
  return apis;
}

type Place = Pick<ApiPlan, "name" | "basePath" | "path" | "action">;

function planApi(
  place: Place,
  { method, response }: ApiEntry,
  scope: PackageScope,
  context: PlanContext,
): ApiPlan {
  const { action, name } = place;
  const { file } = context;
  if (!scope.entry.actions.has(action) && !scope.entry.sequences.has(action)) {
    throw fileError("ERROR_YAML_FILE_FORMAT_ERROR", file, missingAction(action, name));
  }
  const verb = method.toUpperCase();
  if (!VERBS.includes(verb)) {
    const text =
      `API [${place.basePath}${place.path}]: API gateway method [${method}]: API gateway ` +
      `supported methods [${VERBS.join(", ")}]`;
    throw fileError("ERROR_YAML_INVALID_API_GATEWAY_METHOD", file, text);
  }
  const needsHttp = pathParameters(place.path).length > 0 && response !== HTTP;
  if (needsHttp) {
    context.warn(
      `API [${name}] with path parameters [${place.path}] is required to have http as response ` +
        `type. Changing response type from [${response}] to http for [${name}].`,
    );
  }
  return {
    ...place,
    method: verb,
    response: needsHttp ? HTTP : response,
    packageName: scope.name,
    backendMethod: method,
  };
}

function missingAction(action: string, api: string): string {
  return (
    `Action/Sequence [${action}] is missing from manifest file, API [${api}] can only be created ` +
    "based on the action/sequence from manifest file. Please update manifest file to include " +
    `[${action}] as a web action/sequence.`
  );
}

/** One part only, parameters belong into the path behind it. */
function checkBase(base: string, file: string): void {
  if (base !== "" && !base.replace(/^\//, "").includes("/")) return;
  const text =
    `API Gateway base path [${base}] is invalid. It has path parameters which is not supported, ` +
    "only relative path supports path parameters.";
  throw fileError("ERROR_YAML_PARSER_ERROR", file, text);
}

function withSlash(path: string): string {
  return path.startsWith("/") ? path : `/${path}`;
}

/**
 * Makes web actions of the actions that APIs lead to. Throws a DeployError for one that says it is
 * none, and with `--strict` for one that says nothing.
 */
export function withWebActions(
  planned: PackagePlan,
  apis: readonly ApiPlan[],
  context: PlanContext,
): PackagePlan {
  const convert = (word: "Action" | "Sequence") => (action: PackagePlan["actions"][number]) => {
    const api = apis.find((one) => one.packageName === planned.name && one.action === action.name);
    if (api === undefined) return action;
    const state = isWeb(action.annotations);
    if (state === true) return action;
    const kind = word.toLowerCase();
    const text =
      `${word} [${action.name}] is not a web ${kind}, API [${api.name}] can only be created using ` +
      `a web ${kind}.`;
    if (state === false || context.isStrict) throw new DeployError("ERROR_YAML_INVALID_API", text);
    context.warn(`${text} Converting [${action.name}] to a web ${kind}.`);
    const web = { file: context.file, action: action.name, mode: "true" };
    return { ...action, annotations: withWeb(action.annotations, web) };
  };
  return {
    ...planned,
    actions: planned.actions.map(convert("Action")),
    sequences: planned.sequences.map(convert("Sequence")),
  };
}

/** The document that describes an API to be made, from arguments or from a file (wsk-cli 11). */
import type { Encodable } from "../../client/json.ts";
import { describeParameters, pathParameters } from "../../client/path-parameters.ts";
import { checkPath, checkVerb } from "./api-access.ts";
import type { Context } from "./context.ts";
import { DEFAULT_NAMESPACE, parseQualifiedName, type QualifiedName } from "./qualified-name.ts";
import { EXIT, usageError, WskError } from "./wsk-error.ts";

/** An operation and the action behind it, as `[BASE_PATH] API_PATH API_VERB ACTION` say. */
export type ApiRequest = {
  /** a base path, or the API's name */
  readonly base: string;
  readonly isName: boolean;
  readonly path: string;
  /** in upper case */
  readonly verb: string;
  readonly action: QualifiedName;
  /** friendly name; "" for none */
  readonly name: string;
};

/** Throws usage errors; `args` are three or four. */
export function parseApiRequest({ args, flags }: Context): ApiRequest {
  const [base = "/", path = "", verb = "", action = ""] = args.length === 4 ? args : ["/", ...args];
  if (pathParameters(base).length > 0) {
    throw usageError(
      `The base path '${base}' cannot have parameters. Only the relative path supports path parameters.`,
    );
  }
  checkPath(path);
  if (pathParameters(path).length > 0 && flags.text("response-type") !== "http") {
    throw usageError("A response type of 'http' is required when using path parameters.");
  }
  const request = {
    base,
    isName: !base.startsWith("/"),
    path,
    verb: checkVerb(verb),
    action: parseAction(action),
    name: flags.text("apiname"),
  };
  if (request.isName && request.name !== "") {
    throw usageError("An API name can only be specified once.");
  }
  return request;
}

function parseAction(given: string): QualifiedName {
  const invalid = `'${given}' is not a valid action name`;
  const name = tryQualifiedName(given);
  if (name === undefined) {
    // Not the exit code of other wrong names: the original's is 149 here.
    const text = `${invalid}: A valid qualified name must be specified.`;
    throw usageError(text, EXIT.notAllowed);
  }
  if (name.entityName === "") throw usageError(`${invalid}.`);
  return name;
}

function tryQualifiedName(given: string): QualifiedName | undefined {
  try {
    return parseQualifiedName(given);
  } catch (cause) {
    if (cause instanceof WskError) return undefined;
    throw cause;
  }
}

/** `secret` is what the web action asks its callers for; undefined for nothing. */
export function apiDocument(
  request: ApiRequest,
  { properties }: Context,
  secret: Encodable,
): Encodable {
  const { action, base, isName, path, verb, name } = request;
  return {
    namespace: DEFAULT_NAMESPACE,
    apiName: name === "" ? undefined : name,
    gatewayBasePath: base,
    gatewayPath: path,
    gatewayMethod: verb,
    id: isName ? undefined : `API:${DEFAULT_NAMESPACE}:${base}`,
    action: {
      name: action.entityName,
      namespace: action.namespace,
      backendMethod: verb,
      backendUrl: backendUrl(action, properties.apiHost),
      authkey: properties.auth,
      secureKey: secret,
    },
    pathParameters: describeParameters(path),
  };
}

function backendUrl(action: QualifiedName, apiHost: string): string {
  const packageName = action.packageName === "" ? "default" : action.packageName;
  const path = `/api/v1/web/${action.namespace}/${packageName}/${action.entity}.http`;
  return `${apiHost.startsWith("http") ? "" : "https://"}${apiHost}${path}`;
}

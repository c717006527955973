/** What all calls of API management need: who asks, and checked paths and verbs (wsk-cli 11). */
import type { Access, ApiSelection } from "../../client/apis.ts";
import type { Context } from "./context.ts";
import { readPropertyFile } from "./properties.ts";
import { EXIT, toWskError, usageError, WskError } from "./wsk-error.ts";

/** Read from the property file alone: neither environment nor flags count here. */
export async function apiAccess({ propertyFile }: Context): Promise<Access> {
  const properties = await readPropertyFile(propertyFile);
  const auth = properties.get("AUTH") ?? "";
  if (auth === "") {
    const text = "Authorization key is not configured (--auth is required)";
    throw new WskError(text, EXIT.general);
  }
  const token = properties.get("APIGW_ACCESS_TOKEN") ?? "";
  return {
    accesstoken: token === "" ? "DUMMY TOKEN" : token,
    spaceguid: auth.split(":")[0] ?? "",
  };
}

const VERBS = ["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS"];

/** The verb in upper case; throws a usage error when there is no such verb. */
export function checkVerb(verb: string): string {
  const upper = verb.toUpperCase();
  if (VERBS.includes(upper)) return upper;
  throw usageError(`'${verb}' is not a valid API verb.  Valid values are: [${VERBS.join(" ")}]`);
}

export function checkPath(path: string): string {
  if (path.startsWith("/")) return path;
  throw usageError(`'${path}' must begin with '/'.`);
}

/** `BASE_PATH [PATH [VERB]]` as a selection. */
export function selectionOf(args: readonly string[]): ApiSelection {
  const [basepath = "", path, verb] = args;
  const relpath = path === undefined ? undefined : checkPath(path);
  return { basepath, relpath, operation: verb === undefined ? undefined : checkVerb(verb) };
}

/** Failures of these calls all end with 1, whatever the platform has answered. */
export async function callingApi<T>(
  complaint: string,
  call: () => Promise<T>,
  usage = false,
): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw generalError(complaint, cause, usage);
  }
}

function generalError(complaint: string, cause: unknown, usage: boolean): WskError {
  const { message } = toWskError(cause);
  return new WskError(complaint + message, EXIT.general, { usage, cause });
}

/**
 * What can be wrong with a project, with the codes of wskdeploy. Its texts also name Go files and
 * lines; ours start at the code, which is what scripts look for (wsk-cli 17.6).
 */
export type DeployErrorCode =
  | "ERROR_COMMAND_FAILED"
  | "ERROR_WHISK_CLIENT_ERROR"
  | "ERROR_WHISK_CLIENT_INVALID_CONFIG"
  | "ERROR_FILE_READ_ERROR"
  | "ERROR_MANIFEST_FILE_NOT_FOUND"
  | "ERROR_YAML_FILE_FORMAT_ERROR"
  | "ERROR_YAML_PARSER_ERROR"
  | "ERROR_YAML_PARAMETER_TYPE_MISMATCH"
  | "ERROR_YAML_INVALID_RUNTIME"
  | "ERROR_YAML_INVALID_WEB_EXPORT"
  | "ERROR_YAML_INVALID_API"
  | "ERROR_YAML_INVALID_API_GATEWAY_METHOD"
  | "ERROR_RUNTIME_PARSER_FAILURE"
  | "ERROR_ACTION_ANNOTATION";

export class DeployError extends Error {
  readonly code: DeployErrorCode;

  constructor(code: DeployErrorCode, text: string, cause?: unknown) {
    super(`[${code}]: ${text}`, cause === undefined ? {} : { cause });
    this.name = "DeployError";
    this.code = code;
  }
}

/** An error that names the file it is about by its last part, as the original does. */
export function fileError(
  code: DeployErrorCode,
  file: string,
  text: string,
  cause?: unknown,
): DeployError {
  const name = file.slice(file.lastIndexOf("/") + 1);
  return new DeployError(code, `File: [${name}]: ${text}`, cause);
}

/** More problems of one file than these are only counted. */
export const PROBLEMS_MAX = 20;

/** Several problems of one file, each on a line of its own behind the original's arrow. */
export function problemsError(
  code: DeployErrorCode,
  file: string,
  problems: readonly string[],
): DeployError {
  const more = problems.length - PROBLEMS_MAX;
  const shown = [...problems.slice(0, PROBLEMS_MAX), ...(more > 0 ? [`and ${more} more`] : [])];
  return fileError(code, file, shown.map((problem) => `\n==> ${problem}`).join(""));
}

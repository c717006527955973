/** `wsk action get` (wsk-cli 4.4). */
import { writeFile } from "node:fs/promises";
import { baseUrl } from "../../../client/address.ts";
import { type Action, findValue, toAction } from "../../../client/records.ts";
import { familyOf, savedExtension } from "../code-file.ts";
import { type Context, checkArgs, printOk } from "../context.ts";
import { printEntity } from "../entity-output.ts";
import { parseQualifiedName, type QualifiedName } from "../qualified-name.ts";
import { fileExists, reason } from "../read-file.ts";
import { actionSummary } from "../summary.ts";
import { actionFields, actionView, findField } from "../views.ts";
import { EXIT, usageError, wrapError } from "../wsk-error.ts";

export async function getAction(context: Context): Promise<void> {
  const { args, flags, io, paint } = context;
  checkArgs(args, 1, 2, "An action name is required.");
  const isSummary = flags.switchedOn("summary");
  const isUrl = flags.switchedOn("url");
  const field = isSummary || isUrl ? undefined : args[1];
  checkField(field);
  const name = parseQualifiedName(args[0] ?? "");
  const { namespace, entityName } = name;
  const isSaved = flags.isSet("save") || flags.isSet("save-as");
  const action = await fetchAction(context, namespace, entityName, isSaved);
  if (isUrl) return printUrl(context, action, name);
  if (isSummary) return io.out(actionSummary(action, paint));
  if (isSaved) return saveCode(context, action, flags.text("save-as"));
  const view = { view: actionView(action), fields: actionFields(action) };
  printEntity(context, `action ${paint.bold(entityName)}`, field, view);
}

/** Without an extension; the original names the action without its package here. */
function printUrl(context: Context, action: Action, name: QualifiedName): void {
  const { apiHost, apiVersion } = context.properties;
  const url = actionUrl(`${baseUrl(apiHost)}/${apiVersion}`, action, name.packageName);
  printOk(context, `got action ${context.paint.bold(name.entity)}`);
  context.io.out(`${url}\n`);
}

/** Where a web action answers on the web, or any other one to those who may invoke it. */
function actionUrl(api: string, action: Action, packageName: string): string {
  const { namespace = "", name = "", annotations } = action;
  const [owner = ""] = namespace.split("/");
  const path = (parts: readonly string[]): string => parts.map(encodeURIComponent).join("/");
  if (findValue(annotations, "web-export") === true) {
    return `${api}/web/${path([owner, packageName === "" ? "default" : packageName, name])}`;
  }
  const own = packageName === "" ? [name] : [packageName, name];
  return `${api}/namespaces/${path([owner])}/actions/${path(own)}`;
}

function checkField(field: string | undefined): void {
  const known = actionFields(toAction(undefined));
  if (field === undefined || findField(known, field) !== undefined) return;
  throw usageError(`Invalid field filter '${field}'.`, EXIT.usage);
}

async function fetchAction(
  context: Context,
  namespace: string,
  entityName: string,
  withCode: boolean,
): Promise<Action> {
  try {
    return await context.client().action(namespace, entityName, withCode);
  } catch (cause) {
    throw wrapError((inner) => `Unable to get action '${entityName}': ${inner}`, cause, true);
  }
}

/** Writes the code to `file`, or to NAME.EXTENSION; never over a file that is there. */
async function saveCode(context: Context, action: Action, file: string): Promise<void> {
  const { kind = "", code, binary = false } = action.exec ?? {};
  const family = familyOf(kind);
  if (family === "blackbox" && code === undefined && !binary) {
    throw usageError("Cannot save Docker images", EXIT.usage);
  }
  if (family === "sequence") throw usageError("Cannot save action sequences", EXIT.usage);
  const target = file === "" ? (action.name ?? "") + savedExtension(kind, binary) : file;
  if (await fileExists(target)) {
    throw usageError(`The file '${target}' already exists`, EXIT.usage);
  }
  try {
    await writeFile(target, Buffer.from(code ?? "", binary ? "base64" : "utf8"), { flag: "wx" });
  } catch (cause) {
    const text = `Cannot create file '${target}': open ${target}: ${reason(cause)}`;
    throw usageError(text, EXIT.usage);
  }
  // The original puts the working folder in front of any name, absolute ones too.
  printOk(context, `saved action code to ${context.paint.bold(`${process.cwd()}/${target}`)}`);
}

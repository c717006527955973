/** `wsk api create` (wsk-cli 11). */
import type { Encodable } from "../../../client/json.ts";
import { type Action, findValue } from "../../../client/records.ts";
import { type Api, VERBS } from "../../../client/swagger.ts";
import { apiAccess, callingApi } from "../api-access.ts";
import { type ApiRequest, apiDocument, parseApiRequest } from "../api-document.ts";
import { actionPath, withoutSlash } from "../api-rows.ts";
import { type Context, checkArgs, printOk } from "../context.ts";
import { DEFAULT_NAMESPACE } from "../qualified-name.ts";
import { readSwaggerFile } from "../swagger-file.ts";
import { complaining, usageError } from "../wsk-error.ts";

const REQUIRED =
  "Specify a swagger file or specify an API base path with an API path, an API verb, and an action name.";

export async function createApi(context: Context): Promise<void> {
  const { args, flags } = context;
  const file = flags.text("config-file");
  if (args.length === 0 && file !== "") return createFromFile(context, file);
  checkArgs(args, 3, 4, REQUIRED);
  const parsing = "Unable to parse api command arguments: ";
  const request = await complaining(parsing, async () => parseApiRequest(context));
  const action = await webAction(context, request);
  const secret = findValue(action.annotations, "require-whisk-auth") ?? undefined;
  const api = await create(context, apiDocument(request, context, secret));
  printCreated(context, request, api);
}

async function createFromFile(context: Context, file: string): Promise<void> {
  const parsing = "Unable to parse swagger file: ";
  const swagger = await complaining(parsing, () => readSwaggerFile(file));
  printOperations(context, await create(context, { namespace: DEFAULT_NAMESPACE, swagger }));
}

async function create(context: Context, apidoc: Encodable): Promise<Api> {
  const access = await apiAccess(context);
  const type = context.flags.text("response-type");
  return callingApi("Unable to create API: ", () =>
    context.client().apis.create(access, type, apidoc),
  );
}

/** The action behind the operation; throws a usage error when it is none for the web. */
async function webAction(context: Context, request: ApiRequest): Promise<Action> {
  const { namespace, entityName } = request.action;
  const path = `/${namespace}/${entityName}`;
  const action = await callingApi(
    `Unable to get action '${path}': `,
    () => context.client().action(namespace, entityName, false),
    true,
  );
  if (findValue(action.annotations, "web-export") === true) return action;
  throw usageError(
    `Action '${path}' is not a web action. Issue 'wsk action update "${path}" --web true' to convert the action to a web action.`,
  );
}

function printCreated(context: Context, request: ApiRequest, api: Api): void {
  const { base, path, verb, action } = request;
  const name = context.paint.bold(`/${action.namespace}/${action.entityName}`);
  printOk(context, `created API ${withoutSlash(base)}${path} ${verb} for action ${name}`);
  context.io.out(`${withoutSlash(api.gwApiUrl)}${path}\n`);
}

function printOperations(context: Context, { gwApiUrl, apidoc }: Api): void {
  const base = withoutSlash(apidoc?.basePath ?? "");
  for (const [path, item] of apidoc?.paths ?? []) {
    for (const verb of VERBS.filter((candidate) => item[candidate] !== undefined)) {
      const action = actionPath(item[verb]);
      const behind = action === "" ? "" : ` for action ${context.paint.bold(action)}`;
      printOk(context, `created API ${base}${path} ${verb}${behind}`);
      context.io.out(`${withoutSlash(gwApiUrl)}${path}\n`);
    }
  }
}

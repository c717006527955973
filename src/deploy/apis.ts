/** APIs of a project, through the system's API management (wsk-cli 11, 17.6). */
import { baseUrl } from "../client/address.ts";
import type { ClientFailure } from "../client/failures.ts";
import { type Encodable, mapOf } from "../client/json.ts";
import { swaggerBasePath } from "./make-plan.ts";
import { type ApiPlan, DEFAULT_PACKAGE, isDefaultPackage, type Plan } from "./plan.ts";
import { pathParameters } from "./plan-apis.ts";
import { step, type Target } from "./target.ts";
import { secureKey } from "./web-annotations.ts";

const NO_TOKEN = "DUMMY TOKEN";

/** What every call of the API management carries. */
export function gatewayQuery({ apigwToken, auth }: Target) {
  return {
    accesstoken: apigwToken === "" ? NO_TOKEN : apigwToken,
    spaceguid: auth.split(":")[0] ?? "",
  };
}

/** A swagger document takes the place of the APIs of the manifest. */
export async function deployApis(plan: Plan, target: Target): Promise<void> {
  const query = gatewayQuery(target);
  const { entities } = target;
  if (plan.swagger !== undefined) {
    const apidoc = { namespace: target.namespace, swagger: plan.swagger };
    await entities.manageApis("POST", "createApi", query, { apidoc });
    return;
  }
  for (const api of plan.apis) {
    await step(target, "Deploying", "api", titleOf(api), async () => {
      const responsetype = api.response === "" ? undefined : api.response;
      const body = { apidoc: apidocOf(api, plan, target) };
      await entities.manageApis("POST", "createApi", { ...query, responsetype }, body);
    });
  }
}

export async function undeployApis(plan: Plan, target: Target): Promise<void> {
  const query = gatewayQuery(target);
  const { entities } = target;
  if (plan.swagger !== undefined) {
    const basepath = swaggerBasePath(plan.swagger);
    if (await exists(basepath, target)) {
      await entities.manageApis("DELETE", "deleteApi", { ...query, basepath });
    }
  }
  for (const api of plan.apis) {
    await step(target, "Undeploying", "api", titleOf(api), async () => {
      if (!(await exists(api.basePath, target))) return;
      const { basePath: basepath, path: relpath, method: operation } = api;
      const which = { ...query, basepath, relpath, operation };
      await entities.manageApis("DELETE", "deleteApi", which);
    });
  }
}

const NOT_FOUND = 404;

/** A platform without API management has no APIs. */
async function exists(basepath: string, target: Target): Promise<boolean> {
  const query = { ...gatewayQuery(target), basepath };
  const answer = await target.entities
    .manageApis("GET", "getApi", query)
    .catch((cause: ClientFailure) => {
      if (cause.status === NOT_FOUND) return null;
      throw cause;
    });
  const list = mapOf(answer ?? undefined).get("apis");
  return Array.isArray(list) && list.length > 0;
}

function titleOf(api: ApiPlan): string {
  return `${api.name} ${api.basePath}${api.path} ${api.method}`;
}

function apidocOf(api: ApiPlan, plan: Plan, target: Target): Encodable {
  const { namespace } = target;
  const isDefault = isDefaultPackage(api.packageName);
  const folder = isDefault ? DEFAULT_PACKAGE : api.packageName;
  const parameters = pathParameters(api.path);
  return {
    namespace,
    apiName: api.name,
    gatewayBasePath: api.basePath,
    gatewayPath: api.path,
    gatewayMethod: api.method,
    id: `API:${namespace}:${api.path}`,
    action: {
      name: isDefault ? api.action : `${api.packageName}/${api.action}`,
      namespace,
      backendMethod: api.backendMethod,
      backendUrl: `${baseUrl(target.apiHost)}/v1/web/${namespace}/${folder}/${api.action}.http`,
      authkey: target.auth,
      secureKey: secureKeyOf(api, plan),
    },
    pathParameters: parameters.length === 0 ? undefined : parameters.map(parameterRecord),
  };
}

function secureKeyOf(api: ApiPlan, plan: Plan): Encodable {
  const planned = plan.packages.find(({ name }) => name === api.packageName);
  const actions = [...(planned?.actions ?? []), ...(planned?.sequences ?? [])];
  return secureKey(actions.find(({ name }) => name === api.action)?.annotations ?? []);
}

function parameterRecord(name: string): Encodable {
  return {
    name,
    in: "path",
    description: `Default description for '${name}'`,
    required: true,
    type: "string",
  };
}

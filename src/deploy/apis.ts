/** APIs of a project, through the system's API management (wsk-cli 11, 17.6). */
import { baseUrl } from "../client/address.ts";
import type { Access, ApiSelection } from "../client/apis.ts";
import { ClientFailure } from "../client/failures.ts";
import type { Encodable } from "../client/json.ts";
import { describeParameters } from "../client/path-parameters.ts";
import { swaggerBasePath } from "./make-plan.ts";
import { type ApiPlan, DEFAULT_PACKAGE, isDefaultPackage, type Plan } from "./plan.ts";
import { step, type Target } from "./target.ts";
import { secureKey } from "./web-annotations.ts";

const NO_TOKEN = "DUMMY TOKEN";

/** What every call of the API management carries. */
export function gatewayAccess({ apigwToken, auth }: Target): Access {
  return {
    accesstoken: apigwToken === "" ? NO_TOKEN : apigwToken,
    spaceguid: auth.split(":")[0] ?? "",
  };
}

/** The platform's own choice when the manifest makes none. */
const RESPONSE = "json";

/** A swagger document takes the place of the APIs of the manifest. */
export async function deployApis(plan: Plan, target: Target): Promise<void> {
  const access = gatewayAccess(target);
  const create = async (response: string, apidoc: Encodable): Promise<void> => {
    const { client, entities } = target;
    const type = response === "" ? RESPONSE : response;
    await entities.again(() => client.apis.create(access, type, apidoc));
  };
  if (plan.swagger !== undefined) {
    return create("", { namespace: target.namespace, swagger: plan.swagger });
  }
  for (const api of plan.apis) {
    await step(target, "Deploying", "api", titleOf(api), () =>
      create(api.response, apidocOf(api, plan, target)),
    );
  }
}

export async function undeployApis(plan: Plan, target: Target): Promise<void> {
  if (plan.swagger !== undefined) {
    await deleteApi({ basepath: swaggerBasePath(plan.swagger) }, target);
  }
  for (const api of plan.apis) {
    const { basePath: basepath, path: relpath, method: operation } = api;
    await step(target, "Undeploying", "api", titleOf(api), () =>
      deleteApi({ basepath, relpath, operation }, target),
    );
  }
}

/** Deletes what is selected if there is such an API. */
async function deleteApi(selection: ApiSelection, target: Target): Promise<void> {
  const access = gatewayAccess(target);
  const { client, entities } = target;
  if (!(await exists(selection.basepath, target))) return;
  await entities.again(() => client.apis.delete(access, selection));
}

const NOT_FOUND = 404;

/** A platform without API management has no APIs. */
async function exists(basepath: string, target: Target): Promise<boolean> {
  try {
    const found = await target.client.apis.find(gatewayAccess(target), { basepath });
    return found.length > 0;
  } catch (cause) {
    if (cause instanceof ClientFailure && cause.status === NOT_FOUND) return false;
    throw cause;
  }
}

function titleOf(api: ApiPlan): string {
  return `${api.name} ${api.basePath}${api.path} ${api.method}`;
}

function apidocOf(api: ApiPlan, plan: Plan, target: Target): Encodable {
  const { namespace } = target;
  const isDefault = isDefaultPackage(api.packageName);
  const folder = isDefault ? DEFAULT_PACKAGE : api.packageName;
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
    pathParameters: describeParameters(api.path),
  };
}

function secureKeyOf(api: ApiPlan, plan: Plan): Encodable {
  const planned = plan.packages.find(({ name }) => name === api.packageName);
  const actions = [...(planned?.actions ?? []), ...(planned?.sequences ?? [])];
  return secureKey(actions.find(({ name }) => name === api.action)?.annotations ?? []);
}

/**
 * `openwhisk`: answers with what an action of OpenWhisk returns (apisix-gateway.md 3). An action of
 * this very program is invoked in process (docs/gateway/functions.md).
 */
import { HeaderList } from "../header-list.ts";
import type { HttpCall } from "../http-call.ts";
import type { PhaseResult, Plugin, PluginServices } from "../plugin.ts";
import type { RequestContext } from "../request-context.ts";
import {
  BODY_SIZE,
  basicAuthorization,
  type CallConf,
  CONNECTION,
  connectionOf,
  throwUnlessTooLarge,
} from "./lib/function-call.ts";
import { exitOf } from "./lib/openwhisk-result.ts";

export type OpenwhiskConf = CallConf & {
  /** "https://localhost:3233", without a slash at the end */
  readonly api_host: string;
  /** "user:password" */
  readonly service_token: string;
  readonly namespace: string;
  readonly package?: string;
  readonly action: string;
  readonly result: boolean;
};

const NAME = {
  type: "string",
  maxLength: 256,
  pattern: "\\A([\\w]|[\\w][\\w@ .-]*[\\w@.-]+)\\z",
};
/** As the user documents say; the original's code has 3000 (docs/compatibility.md). */
const TIMEOUT_MS = 60_000;
/**
 * The API is asked to answer within `timeout`, with a 202 if need be: that answer is waited for this
 * much longer, milliseconds.
 */
const GRACE_MS = 500;

export const openwhisk: Plugin<OpenwhiskConf> = {
  name: "openwhisk",
  version: 0.1,
  priority: -1901,
  schema: {
    type: "object",
    properties: {
      max_req_body_size: BODY_SIZE,
      api_host: { type: "string" },
      ssl_verify: { type: "boolean", default: true },
      service_token: { type: "string" },
      namespace: NAME,
      package: NAME,
      action: NAME,
      result: { type: "boolean", default: true },
      timeout: {
        type: "integer",
        minimum: 1,
        maximum: 60_000,
        default: TIMEOUT_MS,
        description: "timeout in milliseconds",
      },
      ...CONNECTION,
    },
    required: ["api_host", "service_token", "namespace", "action"],
  },
  encryptFields: ["service_token"],
  create: (services) => {
    const calls = new WeakMap<OpenwhiskConf, HttpCall>();
    const callOf = (conf: OpenwhiskConf): HttpCall => {
      let call = calls.get(conf);
      if (call === undefined) {
        call = prepareCall(conf);
        calls.set(conf, call);
      }
      return call;
    };
    return { access: (conf, ctx) => invoke(services, conf, callOf(conf), ctx) };
  },
};

function prepareCall(conf: OpenwhiskConf): HttpCall {
  const { api_host: host, package: home, namespace, action, result, timeout } = conf;
  const name = [...(home === undefined ? [] : [home]), action].map(encodeURIComponent).join("/");
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/actions/${name}`;
  return {
    method: "POST",
    url: `${host}${path}?blocking=true&result=${result}&timeout=${timeout}`,
    headers: HeaderList.from({
      Authorization: basicAuthorization(conf.service_token),
      "Content-Type": "application/json",
    }),
    timeoutMs: timeout + GRACE_MS,
    ...connectionOf(conf),
  };
}

/** One function, since each further one that waits is felt (docs/performance.md). */
async function invoke(
  { http, log }: PluginServices,
  conf: OpenwhiskConf,
  prepared: HttpCall,
  { request }: RequestContext,
): Promise<PhaseResult> {
  let call = prepared;
  if (request.hasBody) {
    try {
      call = { ...prepared, body: await request.readBody(conf.max_req_body_size) };
    } catch (error) {
      throwUnlessTooLarge(error);
      log("error", "failed to get request body: it is longer than max_req_body_size");
      return { status: 413 };
    }
  }
  try {
    const answer = await http(call);
    const exit = exitOf(answer.status, await answer.text());
    if (!("problem" in exit)) return exit;
    log("error", `failed to parse openwhisk response data: ${exit.problem}`);
  } catch (err) {
    log("error", "failed to process openwhisk action", { err });
  }
  return { status: 503 };
}

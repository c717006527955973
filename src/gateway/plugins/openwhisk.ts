/**
 * `openwhisk`: answers with what an action of OpenWhisk returns (apisix-gateway.md 3). An action of
 * this very program is invoked in process (docs/gateway/functions.md).
 */
import { HeaderList } from "../header-list.ts";
import type { HttpAnswer, HttpCall } from "../http-call.ts";
import type { Plugin, PluginExit, PluginServices } from "../plugin.ts";
import type { RequestContext } from "../request-context.ts";
import {
  BODY_SIZE,
  basicAuthorization,
  type CallConf,
  CONNECTION,
  connectionOf,
  isTooLargeFor,
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
    return {
      access: (conf, ctx) =>
        new Promise((resolve, reject) =>
          access(services, conf, callOf(conf), ctx, { resolve, reject }),
        ),
    };
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

type Settle = {
  readonly resolve: (exit: PluginExit) => void;
  readonly reject: (error: unknown) => void;
};

/** Called back from step to step, since each promise on the way is felt (docs/performance.md). */
function access(
  services: PluginServices,
  conf: OpenwhiskConf,
  call: HttpCall,
  { request }: RequestContext,
  settle: Settle,
): void {
  if (!request.hasBody) {
    invoke(services, call, settle);
    return;
  }
  request.takeBody(
    conf.max_req_body_size,
    (body) => invoke(services, { ...call, body }, settle),
    (error) => {
      if (!isTooLargeFor(conf.max_req_body_size, error)) {
        settle.reject(error);
        return;
      }
      services.log("error", "failed to get request body: it is longer than max_req_body_size");
      settle.resolve({ status: 413 });
    },
  );
}

function invoke(services: PluginServices, call: HttpCall, { resolve }: Settle): void {
  const { local, http } = services;
  const fail = (err: unknown): void => {
    services.log("error", "failed to process openwhisk action", { err });
    resolve({ status: 503 });
  };
  const done = (answer: HttpAnswer): void => {
    const text = answer.text();
    if (typeof text === "string") resolve(readExit(services, answer, text));
    else text.then((body) => resolve(readExit(services, answer, body)), fail);
  };
  if (!local(call, done, fail)) http(call).then(done, fail);
}

function readExit({ log }: PluginServices, answer: HttpAnswer, text: string): PluginExit {
  const exit = exitOf(answer.status, text, answer.isOwnJson === true);
  if (!("problem" in exit)) return exit;
  log("error", `failed to parse openwhisk response data: ${exit.problem}`);
  return { status: 503 };
}

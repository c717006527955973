/**
 * The API description at /api/v1/api-docs: Swagger 2.0 with the original's paths and operation ids,
 * for what this version really serves. Operations are one table; the document is built from it.
 */
type Schema = Readonly<Record<string, unknown>>;
type Operation = {
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly query?: Readonly<Record<string, Schema>>;
  readonly body?: Schema;
  /** Schema of the 200 reply. */
  readonly reply: Schema;
  readonly statuses: readonly (keyof typeof STATUSES)[];
};

const STATUSES = {
  202: "Accepted; the activation goes on",
  400: "Bad request",
  401: "No credentials, or wrong ones",
  403: "Not allowed",
  404: "No such entity",
  409: "In conflict with what exists",
  413: "Too large",
  429: "Too many requests",
  500: "Failure of the platform",
  502: "Failure of the action",
} as const;

const integer = { type: "integer" } as const;
const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;
const anything = { type: "object" } as const;
const ref = (name: string): Schema => ({ $ref: `#/definitions/${name}` });
const listOf = (items: Schema): Schema => ({ type: "array", items });
const object = (properties: Readonly<Record<string, Schema>>): Schema => ({
  type: "object",
  properties,
});

const page = { limit: integer, skip: integer, count: flag } as const;
const nothingYet = "List the namespace's; empty in this version";

const OPERATIONS: Readonly<Record<string, Operation>> = {
  "get /namespaces": {
    id: "getAllNamespaces",
    tag: "Namespaces",
    summary: "The namespace of the key, in an array",
    reply: listOf(text),
    statuses: [401, 500],
  },
  "get /namespaces/{namespace}/actions": {
    id: "getAllActions",
    tag: "Actions",
    summary: "List actions, newest first",
    query: page,
    reply: listOf(ref("ActionMeta")),
    statuses: [400, 401, 403, 500],
  },
  "get /namespaces/{namespace}/actions/{actionName}": {
    id: "getActionByName",
    tag: "Actions",
    summary: "Get an action, with its code unless code=false",
    query: { code: flag },
    reply: ref("Action"),
    statuses: [400, 401, 403, 404, 409, 500],
  },
  "put /namespaces/{namespace}/actions/{actionName}": {
    id: "updateAction",
    tag: "Actions",
    summary: "Create an action, or update it with overwrite=true",
    query: { overwrite: flag },
    body: ref("ActionPut"),
    reply: ref("Action"),
    statuses: [400, 401, 403, 409, 413, 500],
  },
  "delete /namespaces/{namespace}/actions/{actionName}": {
    id: "deleteAction",
    tag: "Actions",
    summary: "Delete an action; the reply is what was deleted",
    reply: ref("Action"),
    statuses: [400, 401, 403, 404, 409, 500],
  },
  "post /namespaces/{namespace}/actions/{actionName}": {
    id: "invokeAction",
    tag: "Actions",
    summary: "Invoke an action",
    query: { blocking: flag, result: flag, timeout: integer },
    body: anything,
    reply: ref("Activation"),
    statuses: [202, 400, 401, 403, 404, 409, 413, 429, 500, 502],
  },
  "get /namespaces/{namespace}/activations": {
    id: "getActivations",
    tag: "Activations",
    summary: "List activations, newest first; whole records with docs=true",
    query: { ...page, name: text, since: integer, upto: integer, docs: flag },
    reply: listOf(ref("ActivationBrief")),
    statuses: [400, 401, 403, 500],
  },
  "get /namespaces/{namespace}/activations/{activationid}": {
    id: "getActivationById",
    tag: "Activations",
    summary: "Get an activation record",
    reply: ref("Activation"),
    statuses: [400, 401, 403, 404, 500],
  },
  "get /namespaces/{namespace}/activations/{activationid}/logs": {
    id: "getActivationLogs",
    tag: "Activations",
    summary: "Get the log lines of an activation",
    reply: ref("ActivationLogs"),
    statuses: [400, 401, 403, 404, 500],
  },
  "get /namespaces/{namespace}/activations/{activationid}/result": {
    id: "getActivationResult",
    tag: "Activations",
    summary: "Get the result of an activation",
    reply: ref("ActivationResult"),
    statuses: [400, 401, 403, 404, 500],
  },
  "get /namespaces/{namespace}/triggers": {
    id: "getAllTriggers",
    tag: "Triggers",
    summary: nothingYet,
    query: page,
    reply: listOf(anything),
    statuses: [400, 401, 403, 500],
  },
  "get /namespaces/{namespace}/rules": {
    id: "getAllRules",
    tag: "Rules",
    summary: nothingYet,
    query: page,
    reply: listOf(anything),
    statuses: [400, 401, 403, 500],
  },
  "get /namespaces/{namespace}/packages": {
    id: "getAllPackages",
    tag: "Packages",
    summary: nothingYet,
    query: page,
    reply: listOf(anything),
    statuses: [400, 401, 500],
  },
  "get /namespaces/{namespace}/limits": {
    id: "getLimits",
    tag: "Limits",
    summary: "Get the limits that hold for the namespace",
    reply: ref("UserLimits"),
    statuses: [401, 403, 500],
  },
};

const entity = { namespace: text, name: text, version: text, publish: flag };
const keyValues = listOf(ref("KeyValue"));
const activationHead = {
  ...entity,
  activationId: text,
  start: integer,
  end: integer,
  duration: integer,
  cause: text,
  annotations: keyValues,
};

const DEFINITIONS: Readonly<Record<string, Schema>> = {
  ErrorMessage: object({ error: text, code: text }),
  KeyValue: object({ key: text, value: {}, init: flag }),
  ActionLimits: object({
    timeout: { ...integer, description: "milliseconds" },
    memory: { ...integer, description: "MB" },
    logs: { ...integer, description: "MB" },
    concurrency: integer,
    instances: integer,
  }),
  ActionExec: object({ kind: text, code: text, main: text, binary: flag }),
  Action: object({
    ...entity,
    updated: integer,
    exec: ref("ActionExec"),
    parameters: keyValues,
    annotations: keyValues,
    limits: ref("ActionLimits"),
  }),
  ActionMeta: object({
    ...entity,
    updated: integer,
    exec: object({ binary: flag }),
    annotations: keyValues,
    limits: ref("ActionLimits"),
  }),
  ActionPut: object({
    version: text,
    publish: flag,
    exec: ref("ActionExec"),
    parameters: keyValues,
    annotations: keyValues,
    delAnnotations: listOf(text),
    limits: ref("ActionLimits"),
  }),
  ActivationBrief: object({ ...activationHead, statusCode: integer }),
  Activation: object({
    ...activationHead,
    subject: text,
    response: ref("ActivationResult"),
    logs: listOf(text),
  }),
  ActivationLogs: object({ logs: listOf(text) }),
  ActivationResult: object({ status: text, success: flag, size: integer, result: {} }),
  UserLimits: object({
    invocationsPerMinute: integer,
    concurrentInvocations: integer,
    firesPerMinute: integer,
    allowedKinds: listOf(text),
    storeActivations: flag,
    minActionMemory: integer,
    maxActionMemory: integer,
    minActionLogs: integer,
    maxActionLogs: integer,
    minActionTimeout: integer,
    maxActionTimeout: integer,
    minActionConcurrency: integer,
    maxActionConcurrency: integer,
    maxParameterSize: text,
    maxPayloadSize: text,
    truncationSize: text,
    maxActionInstances: integer,
  }),
};

/** The Swagger 2.0 document. `version` is the API's. */
export function describeApi(version: string): Schema {
  const paths: Record<string, Record<string, Schema>> = {};
  for (const [route, operation] of Object.entries(OPERATIONS)) {
    const [method = "", path = ""] = route.split(" ");
    paths[path] = { ...paths[path], [method]: describeOperation(path, operation) };
  }
  return {
    swagger: "2.0",
    info: { title: "OpenWhisk REST API", description: "Actions and activations", version },
    basePath: "/api/v1",
    consumes: ["application/json"],
    produces: ["application/json"],
    securityDefinitions: { basicAuth: { type: "basic" } },
    security: [{ basicAuth: [] }],
    paths,
    definitions: DEFINITIONS,
  };
}

function describeOperation(path: string, operation: Operation): Schema {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    ...text,
  }));
  const inQuery = Object.entries(operation.query ?? {}).map(([name, schema]) => ({
    name,
    in: "query",
    ...schema,
  }));
  const inBody =
    operation.body === undefined ? [] : [{ name: "body", in: "body", schema: operation.body }];
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    parameters: [...inPath, ...inQuery, ...inBody],
    responses: {
      200: { description: "Done", schema: operation.reply },
      ...Object.fromEntries(operation.statuses.map((status) => [status, describeStatus(status)])),
    },
  };
}

function describeStatus(status: keyof typeof STATUSES): Schema {
  const schema = status === 202 ? object({ activationId: text }) : ref("ErrorMessage");
  return { description: STATUSES[status], schema };
}

/** The swagger document of an API that is put together operation by operation. */

function baseDocument(basePath, name) {
  return {
    swagger: "2.0",
    info: { title: name || basePath, version: "1.0.0" },
    basePath,
    paths: {},
    "x-ibm-configuration": { assembly: {}, cors: { enabled: true } },
  };
}

/** What clients get to see of an API of the gateway. */
function apiValue({ managed_url: gwApiUrl, open_api_doc: apidoc }) {
  return {
    namespace: "Not Used",
    gwApiActivated: true,
    tenantId: "Not Used",
    gwApiUrl,
    apidoc,
  };
}

/** "_" is the caller's namespace, also in the URL of the action. */
function resolveNamespace(doc, namespace) {
  doc.namespace = namespace;
  const { action } = doc;
  if (action?.namespace !== "_") return;
  action.namespace = namespace;
  action.backendUrl = action.backendUrl.replace(
    /\/api\/v1\/web\/[\w@.-]+\//,
    () => `/api/v1/web/${namespace}/`,
  );
}

/** Puts an operation into the document; one with the same path and verb gives way. */
function addOperation(document, { gatewayPath, gatewayMethod, pathParameters, action }, type) {
  const verb = gatewayMethod.toLowerCase();
  const id = operationId(verb, gatewayPath);
  try {
    const { packageName, name } = actionName(action.name);
    document.paths[gatewayPath] ??= {};
    document.paths[gatewayPath][verb] = {
      operationId: id,
      parameters: pathParameters,
      "x-openwhisk": {
        url: actionUrl(action, type),
        namespace: action.namespace,
        package: packageName,
        action: name,
      },
      responses: { default: { description: "Default response" } },
    };
    setCase(document, id, action, type);
  } catch (error) {
    throw `API swagger generation error: ${error}`;
  }
  return document;
}

/** Takes one operation away, or without `verb` a whole path; throws a text when it is not there. */
function removeOperation(document, path, verb) {
  const operations = Object.hasOwn(document.paths, path) ? document.paths[path] : undefined;
  if (!operations) throw `path '${path}' does not exist in the API`;
  if (verb !== undefined && !Object.hasOwn(operations, verb)) {
    throw `path '${path}' with operation '${verb}' does not exist in the API`;
  }
  for (const one of verb === undefined ? Object.keys(operations) : [verb]) {
    delete operations[one];
    removeCase(document, operationId(one, path));
  }
  if (Object.keys(operations).length === 0) delete document.paths[path];
  return document;
}

/** Of every response type but "http" the path stays at the gateway. */
function setCase(document, id, action, type) {
  const url = `${actionUrl(action, type)}${type === "http" ? "$(request.path)" : ""}`;
  const execute = [{ invoke: { "target-url": url, verb: "keep" } }];
  if (action.secureKey) {
    const secret = { set: "message.headers.X-Require-Whisk-Auth", value: action.secureKey };
    execute.push({ "set-variable": { actions: [secret] } });
  }
  const cases = CASES.reduce(memberOf, document);
  const at = caseIndex(cases, id);
  cases[at < 0 ? cases.length : at] = { operations: [id], execute };
}

/** Where the cases are, and what is made there when nothing is. */
const CASES = [
  ["x-ibm-configuration", () => ({})],
  ["assembly", () => ({})],
  ["execute", () => []],
  [0, () => ({})],
  ["operation-switch", () => ({})],
  ["case", () => []],
];

function memberOf(value, [name, made]) {
  value[name] ??= made();
  return value[name];
}

function removeCase(document, id) {
  const cases =
    document["x-ibm-configuration"]?.assembly?.execute?.[0]?.["operation-switch"]?.case ?? [];
  const at = caseIndex(cases, id);
  if (at >= 0) cases.splice(at, 1);
}

function caseIndex(cases, id) {
  return cases.findIndex(({ operations }) => operations?.[0] === id);
}

/** "get", "/path/with/sub_paths" make "getPathWithSub_paths". */
function operationId(verb, path) {
  const words = path.replace(/[^0-9a-z_-]/gi, " ").replace(/\w\S*/g, capitalised);
  return verb.toLowerCase() + words.replace(/\s/g, "");
}

function capitalised(word) {
  return word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();
}

/** With the protocol and host of the URL that the client gave. */
function actionUrl({ backendUrl, namespace, name: qualified }, type) {
  const [, protocol, host] = backendUrl.match(WEB_ACTION_URL);
  const { packageName, name } = actionName(qualified);
  const path = `${namespace}/${packageName || "default"}/${name}.${type}`;
  return `${protocol}://${host}/api/v1/web/${path}`;
}

const WEB_ACTION_URL =
  /(\w+):\/\/([:/\w.-]+)\/api\/v\d\/web\/([@\w .-]+)\/([@\w .-]+)\/([@\w .\-/]+)\.(\w+)/;

/** "hello", "pkg/hello", "/ns/pkg/hello". */
function actionName(qualified) {
  const [, first = "", second = "", third = ""] = qualified.match(
    /\/?([@ .\-\w]*)\/?([@ .\-\w]*)\/?([@ .\-\w]*)/,
  );
  if (third !== "") return { packageName: second, name: third };
  return second === "" ? { packageName: "", name: first } : { packageName: first, name: second };
}

module.exports = { baseDocument, apiValue, resolveNamespace, addOperation, removeOperation };

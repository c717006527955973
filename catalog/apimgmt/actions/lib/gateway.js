/** Calls of the API gateway's management interface. */

/** Attempts of a change that another one gets in the way of. */
const ATTEMPTS_MAX = 20;
const DO = {
  list: "Unable to obtain API(s) from the API Gateway",
  write: "Unable to configure the API Gateway",
  remove: "Unable to delete the API Gateway",
};

/**
 * Reads the API of a base path or name, and writes what `change` makes of it: a document, or
 * undefined to delete the API. When somebody else was faster, reads and changes it again. Gives what
 * the gateway answers.
 */
async function updateApi(message, basePathOrName, change) {
  for (let attempt = 1; ; attempt++) {
    const [found] = await listApis(message, basePathOrName);
    const document = change(found);
    if (document === undefined) return remove(message, found);
    const answer = await write(message, found, document);
    if (answer.status === 200) return bodyOf(answer, DO.write);
    if (!isRace(answer, found) || attempt === ATTEMPTS_MAX) throw failure(answer, DO.write);
  }
}

/** The caller's APIs, or those of a base path ("/…") or a name. */
async function listApis(message, basePathOrName, limit, skip) {
  const filter = basePathOrName?.startsWith("/") ? "basePath" : "title";
  const query = new URLSearchParams({ limit: String(limit), skip: String(skip) });
  if (basePathOrName) query.set(filter, basePathOrName);
  const answer = await call(message, "GET", `/apis?${query}`, DO.list);
  if (answer.status !== 200) throw failure(answer, DO.list);
  return Array.isArray(answer.body) ? answer.body : [];
}

function write(message, found, document) {
  if (found === undefined) return call(message, "POST", "/apis", DO.write, document);
  const path = `/apis/${encodeURIComponent(found.artifact_id)}`;
  const headers = found.revision === undefined ? {} : { "If-Match": String(found.revision) };
  return call(message, "PUT", path, DO.write, document, headers);
}

async function remove(message, found) {
  const path = `/apis/${encodeURIComponent(found.artifact_id)}`;
  const answer = await call(message, "DELETE", path, DO.remove);
  if (answer.status !== 200 && answer.status !== 204) throw failure(answer, DO.remove);
  return undefined;
}

/** Created, changed or deleted by another call between reading and writing. */
function isRace({ status, body }, found) {
  if (found !== undefined) return status === 412 || status === 404;
  return status === 500 && /basePath not unique/.test(String(body?.message));
}

/** Resolves with status and body, parsed when it is JSON. */
function call(message, method, path, what, document, headers = {}) {
  const tenant = message.spaceguid && message.spaceguid !== "undefined" ? message.spaceguid : "-";
  const url = new URL(`${message.gwUrlV2 ?? message.gwUrl}/${encodeURIComponent(tenant)}${path}`);
  const body = document === undefined ? undefined : JSON.stringify(document);
  const all = { Accept: "application/json", "User-Agent": agentOf(message), ...headers };
  if (body !== undefined) {
    all["Content-Type"] = "application/json";
    all["Content-Length"] = Buffer.byteLength(body);
  }
  if (message.accesstoken) all["Authorization"] = `Bearer ${message.accesstoken}`;
  if (message.gwSecret) all["X-Gateway-Secret"] = message.gwSecret;
  if (message.__ow_user) all["X-Gateway-User"] = encodeURIComponent(message.__ow_user);
  return new Promise((resolve, reject) => {
    const { request } = require(url.protocol === "https:" ? "node:https" : "node:http");
    const fail = (error) => reject(`${what}: ${JSON.stringify(error.message)}`);
    const outgoing = request(url, { method, headers: all }, (incoming) => {
      const chunks = [];
      incoming.on("data", (chunk) => chunks.push(chunk));
      incoming.on("error", fail);
      incoming.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: incoming.statusCode, body: parse(text) });
      });
    });
    outgoing.on("error", fail);
    outgoing.end(body);
  });
}

function agentOf(message) {
  const caller = message.__ow_headers?.["user-agent"];
  return caller ? `OpenWhisk-apimgmt/1.0.0 ${caller}` : "OpenWhisk-apimgmt/1.0.0";
}

function parse(text) {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function bodyOf({ body }, what) {
  if (!body) throw `${what}: No response received from the API Gateway`;
  return body;
}

function failure({ status, body }, what) {
  if (!body) return `${what}: Response failure code: ${status}`;
  const text = body.error?.message ?? JSON.stringify(body);
  return `${what} (status code ${status}): ${text}`;
}

module.exports = { updateApi, listApis };

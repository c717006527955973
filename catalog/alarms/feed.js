const http = require("node:http");
const https = require("node:https");

const METHODS = { CREATE: "POST", READ: "GET", UPDATE: "PUT", DELETE: "DELETE" };
const PATH = "/api/v1/web/whisk.system/alarmsWeb/alarmWebAction";

/** A feed: passes the life cycle of a trigger on to the platform, which keeps the schedule. */
async function main({ lifecycleEvent, apihost, ...params }) {
  if (!Object.hasOwn(METHODS, lifecycleEvent)) throw "unsupported lifecycleEvent";
  // Of the caller, whatever namespace the name was written with.
  const triggerName = `/${process.env.__OW_NAMESPACE}/${lastName(params.triggerName)}`;
  const host = withScheme(apihost || process.env.__OW_API_HOST);
  const answer = await ask(METHODS[lifecycleEvent], `${host}${PATH}`, { ...params, triggerName });
  if (answer.status === 200) return answer.body;
  console.log(`alarm: refused with status ${answer.status}`);
  throw answer.body;
}

/** "t" of "/guest/t", "/_/t" and "t". */
function lastName(name) {
  return name?.startsWith("/") ? name.split("/").slice(2).join("/") : name;
}

function withScheme(host) {
  return /^https?:\/\//.test(host) ? host : `https://${host}`;
}

/** Parameters go as a query with GET, else as JSON; rejects when there is no answer. */
function ask(method, address, params) {
  const url = new URL(address);
  const body = method === "GET" ? undefined : JSON.stringify(params);
  if (body === undefined) {
    for (const [key, value] of Object.entries(params)) url.searchParams.set(key, asText(value));
  }
  const headers =
    body === undefined
      ? {}
      : { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  // The platform may have a certificate that it made for itself.
  const options = { method, headers, rejectUnauthorized: false };
  return new Promise((resolve, reject) => {
    const client = url.protocol === "https:" ? https : http;
    const request = client.request(url, options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode, body: readJson(text) }));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

function asText(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function readJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

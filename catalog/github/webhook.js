/** A feed: GitHub fires the trigger, with a webhook that the life cycle makes and takes away. */
async function main(params) {
  const github = hooksOf(params);
  const callback = callbackOf(params);
  console.log(`Using endpoint: ${github.endpoint}`);
  if (params.lifecycleEvent === "CREATE") return create(github, callback, params.events);
  if (params.lifecycleEvent === "DELETE") return remove(github, callback);
  return {};
}

/** Where the webhooks of the repository are kept, and what GitHub wants to see. */
function hooksOf({ baseUrl, repository, username, accessToken }) {
  const parts = (repository || "").split("/");
  const [owner, name] = parts.length === 2 ? parts : [username, repository];
  const credentials = Buffer.from(`${username}:${accessToken}`).toString("base64");
  return {
    endpoint: `${baseUrl || "https://api.github.com"}/repos/${owner}/${name}/hooks`,
    headers: { authorization: `Basic ${credentials}`, "user-agent": "whisk" },
  };
}

/** Address of the trigger, with the key: it fires for whoever knows the address. */
function callbackOf({ triggerName }) {
  const { protocol, host } = new URL(process.env.__OW_API_HOST);
  const [, namespace, name] = triggerName.split("/").map(encodeURIComponent);
  const path = `/api/v1/namespaces/${namespace}/triggers/${name}`;
  return `${protocol}//${process.env.__OW_API_KEY}@${host}${path}`;
}

async function create({ endpoint, headers }, callback, events) {
  const hook = {
    name: "web",
    active: true,
    events: events.split(","),
    config: { url: callback, content_type: "json" },
  };
  const answer = await fetch(endpoint, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(hook),
  });
  return { response: await accepted(answer) };
}

async function remove({ endpoint, headers }, callback) {
  const hooks = await accepted(await fetch(endpoint, { headers }));
  const own = hooks.filter(({ config }) => decodeURI(config.url) === callback);
  if (own.length === 0) {
    throw `Found no existing webhooks for trigger URL ${callback}`;
  }
  for (const { url } of own) {
    console.log(`DELETE Webhook URL: ${url}`);
    await accepted(await fetch(url, { method: "DELETE", headers }));
  }
  return {};
}

/** The body; throws what GitHub answers when it refuses. */
async function accepted(answer) {
  const text = await answer.text();
  console.log(`Status code: ${answer.status}`);
  const body = readJson(text);
  if (answer.status < 400) return body;
  if (answer.status === 404) console.log("May your accessToken read and write webhooks?");
  throw { statusCode: answer.status, response: body };
}

function readJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

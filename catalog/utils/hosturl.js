const EXTENSIONS = [".html", ".http", ".json", ".svg", ".text"];

/** The address of an action, of a web action (`web`) or of a trigger (`trigger`) of the caller. */
function main(params) {
  const problem = problemOf(params);
  if (problem !== undefined) return { error: problem };
  const { path, ext } = params;
  const base = baseOf(params);
  if (!path) return { url: base };
  if (params.web !== true) return { url: `${base}/${path}` };
  const name = path.includes("/") ? path : `default/${path}`;
  return { url: `${base}/${name}${ext || ""}` };
}

function problemOf({ web, ext, trigger, path }) {
  if (web === true && trigger) return "triggers are not allowed for web actions.";
  if (web === true) {
    if (!ext || EXTENSIONS.includes(ext)) return undefined;
    const known = EXTENSIONS.map((name) => `"${name}"`).join(", ");
    return `extension for web action must be one of [${known}].`;
  }
  return trigger && path.includes("/") ? "triggers are not allowed in packages." : undefined;
}

function baseOf({ web, trigger }) {
  const { __OW_API_HOST: host, __OW_NAMESPACE: namespace } = process.env;
  if (web === true) return `${host}/api/v1/web/${namespace}`;
  const collection = trigger === true ? "triggers" : "actions";
  return `${host}/api/v1/namespaces/${namespace}/${collection}`;
}

/** Whether paths with parameters reach their actions as they must; throws the text of what is wrong. */

function checkSwagger(document) {
  const { basePath, paths } = document;
  if (hasParameters(basePath)) {
    throw `The base path (${basePath}) cannot have parameters. Only the relative path supports path parameters.`;
  }
  const targets = targetsOf(document["x-ibm-configuration"]);
  for (const [path, operations] of Object.entries(paths)) {
    if (hasParameters(path)) checkPath(path, operations, targets);
  }
}

function checkPath(path, operations, targets) {
  const shared = operations.parameters ?? [];
  for (const [verb, operation] of Object.entries(operations)) {
    if (verb === "parameters") continue;
    const url = operation["x-openwhisk"]?.url;
    if (url && !url.endsWith(".http")) {
      throw "The action must use a response type of '.http' in order to receive the path parameters.";
    }
    const { operationId: id } = operation;
    if (targets.get(id)?.endsWith(".http$(request.path)") === false) {
      throw `The target-url for operationId '${id}' must end in '$(request.path)' in order for actions to receive the path parameters.`;
    }
    const known = [...shared, ...(operation.parameters ?? [])].map((parameter) => parameter?.name);
    const missing = namesIn(path).find((name) => !known.includes(name));
    if (missing !== undefined) {
      throw `The parameter '${missing}' defined in path '${path}' does not match any of the parameters defined for the path in the swagger file.`;
    }
  }
}

/** By operation; a document without the older spelling of the configuration is not taken. */
function targetsOf(configuration) {
  const steps = configuration?.assembly?.execute;
  if (!Array.isArray(steps))
    throw "The swagger file is missing x-ibm-configuration.assembly.execute.";
  const targets = new Map();
  for (const { operations, execute } of steps.flatMap(
    (step) => step?.["operation-switch"]?.case ?? [],
  )) {
    for (const [at, id] of (operations ?? []).entries()) {
      const target = execute?.[at]?.invoke?.["target-url"];
      if (target) targets.set(id, String(target));
    }
  }
  return targets;
}

/** A whole segment is a name in braces. */
function hasParameters(path) {
  return /\/\{[^/]+\}(\/|$)/.test(String(path));
}

function namesIn(path) {
  return [...path.matchAll(/\{([^/]+)\}/g)].map(([, name]) => name);
}

module.exports = { checkSwagger };

const openwhisk = require("openwhisk");

/** Gives `$actionArgs` to `$actionName`; its result and what `$forward` names are the result. */
async function main(params) {
  const { $actionName, $actionArgs, $forward, $ignore_certs = false } = params;
  if (typeof $actionName !== "string") {
    return { error: "Expected an argument '$actionName' of type 'string'." };
  }
  if (!Array.isArray($actionArgs)) return { error: "Expected an array argument '$actionArgs'." };
  // This is how the original spells it.
  if (!Array.isArray($forward)) return { error: "Expected an array argument '$toFoward'." };
  const { actions } = openwhisk({ ignore_certs: $ignore_certs });
  try {
    const { response } = await actions.invoke({
      name: $actionName,
      params: pick(params, $actionArgs),
      blocking: true,
    });
    return { ...pick(params, $forward), ...response.result };
  } catch (error) {
    console.log(error);
    return { error: `There was a problem invoking ${$actionName}` };
  }
}

function pick(params, names) {
  return Object.fromEntries(names.map((name) => [name, params[name]]));
}

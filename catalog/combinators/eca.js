const openwhisk = require("openwhisk");

/** Runs `$actionName` if `$conditionName` ends without an error; both get all other parameters. */
async function main({ $conditionName, $actionName, $ignore_certs = false, ...params }) {
  for (const [name, value] of Object.entries({ $conditionName, $actionName })) {
    if (typeof value !== "string") {
      return { error: `Expected an argument '${name}' of type 'string'.` };
    }
  }
  const { actions } = openwhisk({ ignore_certs: $ignore_certs });
  try {
    await actions.invoke({ name: $conditionName, params, blocking: true });
  } catch {
    return { $eca: "Condition was false." };
  }
  try {
    const activation = await actions.invoke({ name: $actionName, params, blocking: true });
    return activation.response.result;
  } catch (error) {
    console.log(error);
    return { error: `There was a problem invoking ${$actionName}` };
  }
}

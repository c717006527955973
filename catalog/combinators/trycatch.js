const openwhisk = require("openwhisk");

/** Runs `$tryName` with all other parameters; `$catchName` gets its result when that is an error. */
async function main({ $tryName, $catchName, $ignore_certs = false, ...params }) {
  for (const [name, value] of Object.entries({ $tryName, $catchName })) {
    if (typeof value !== "string") {
      return { error: `Expected an argument '${name}' of type 'string'.` };
    }
  }
  const { actions } = openwhisk({ ignore_certs: $ignore_certs });
  try {
    return await resultOf(actions, $tryName, params);
  } catch (problem) {
    console.log(`try ${$tryName} failed, catching with ${$catchName}`);
    return caught(actions, $catchName, failedResult(problem) ?? problem);
  }
}

async function caught(actions, name, params) {
  try {
    return await resultOf(actions, name, params);
  } catch (problem) {
    const message = `There was a problem invoking ${name}.`;
    return failedResult(problem) ?? { error: { message, cause: problem.error } };
  }
}

async function resultOf(actions, name, params) {
  const activation = await actions.invoke({ name, params, blocking: true });
  return activation.response.result;
}

/** The result of an action that ran and failed; undefined when it never ran. */
function failedResult(problem) {
  return problem?.error?.response?.result;
}

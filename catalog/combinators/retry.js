const openwhisk = require("openwhisk");

/** Runs `$actionName` with all other parameters until it succeeds, at most `$attempts` times. */
async function main({ $actionName, $attempts, $ignore_certs = false, ...params }) {
  if (typeof $actionName !== "string") {
    return { error: `Expected an argument '$actionName' of type 'string', got '${$actionName}'.` };
  }
  if (typeof $attempts !== "number" || $attempts < 1) {
    const wanted = "'$attempts' of type 'number' and greater than zero";
    return { error: `Expected an argument ${wanted}, got '${$attempts}'.` };
  }
  const { actions } = openwhisk({ ignore_certs: $ignore_certs });
  for (let left = $attempts; left > 0; left -= 1) {
    try {
      const activation = await actions.invoke({ name: $actionName, params, blocking: true });
      return activation.response.result;
    } catch {
      console.log(`attempt ${left} failed, retrying`);
    }
  }
  return { error: "Invocation failed. No retries left." };
}

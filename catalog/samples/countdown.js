const openwhisk = require("openwhisk");

/** Invokes itself with one less until there is nothing left; does not wait for the next one. */
function main({ n, ignore_certs = false }) {
  const left = Number.parseInt(n, 10);
  console.log(left);
  if (left === 0) console.log("Happy New Year!");
  if (!(left > 0)) return undefined;
  const { actions } = openwhisk({ ignore_certs });
  return actions.invoke({ name: process.env.__OW_ACTION_NAME, params: { n: left - 1 } });
}

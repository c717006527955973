const openwhisk = require("openwhisk");

/** The words of the greeting that another action gives. */
async function main({ name, place, ignore_certs = false }) {
  const activation = await openwhisk({ ignore_certs }).actions.invoke({
    name: "/whisk.system/samples/greeting",
    params: { name, place },
    blocking: true,
  });
  console.log("activation:", activation);
  return { lines: activation.response.result.payload.toString().split(" ") };
}

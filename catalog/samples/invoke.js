const openwhisk = require("openwhisk");

/** The activation of the action that tells the date. */
async function main() {
  const activation = await openwhisk().actions.invoke({
    name: "/whisk.system/utils/date",
    blocking: true,
  });
  const { date } = activation.response.result;
  console.log(date === undefined ? "The answer has no date." : `It is now ${date}`);
  return activation;
}

/**
 * Gives the APIs of the caller's namespace, or those of one base path or name: `wsk api list`, `get`.
 * Parameters: `basepath`, `limit`, `skip`, `spaceguid`, `accesstoken`.
 */
const { listApis } = require("./lib/gateway.js");
const { answering, given } = require("./lib/web.js");
const { apiValue } = require("./lib/swagger.js");

function main(message) {
  return answering(message, "", check(message), async () => {
    const apis = await listApis(message, given(message.basepath), message.limit, message.skip);
    const rows = apis.map((api) => ({ id: "Not Used", key: "Not Used", value: apiValue(api) }));
    return { apis: rows };
  });
}

function check(message) {
  if (!message.gwUrl && !message.gwUrlV2) return "gwUrl is required.";
  if (!message.__ow_user && !message.namespace) return "Invalid authentication.";
  const format = given(message.outputFormat);
  if (format !== undefined && !/^(apigw|swagger)$/i.test(format)) {
    return "Invalid outputFormat value. Valid values are: apigw, swagger";
  }
  return undefined;
}

exports.main = main;

/**
 * Deletes an API, one of its paths, or one operation: `wsk api delete`. Parameters: `basepath` (or
 * the API's name), `relpath`, `operation`, `spaceguid`, `accesstoken`.
 */
const { updateApi } = require("./lib/gateway.js");
const { answering, given } = require("./lib/web.js");
const { removeOperation } = require("./lib/swagger.js");

function main(message) {
  return answering(message, "API deletion failure: ", check(message), async () => {
    const path = given(message.relpath);
    const operation = given(message.operation)?.toLowerCase();
    await updateApi(message, message.basepath, (found) => {
      if (found === undefined) throw `API '${message.basepath}' does not exist.`;
      if (path === undefined) return undefined;
      const document = removeOperation(found.open_api_doc, path, operation);
      return Object.keys(document.paths).length === 0 ? undefined : document;
    });
    return {};
  });
}

function check(message) {
  if (!message.gwUrl && !message.gwUrlV2) return "gwUrl is required.";
  if (!message.__ow_user && !message.namespace) return "Invalid authentication.";
  if (!given(message.basepath)) return "basepath is required.";
  if (!given(message.relpath) && given(message.operation)) {
    return "When specifying an operation, the path is required.";
  }
  return undefined;
}

exports.main = main;

/**
 * Creates an API, or adds an operation to one: `wsk api create`. Parameters: `apidoc` (namespace,
 * and either `swagger` or gatewayBasePath, gatewayPath, gatewayMethod, action), `responsetype`,
 * `spaceguid`, `accesstoken`; those of the package say where the API gateway is.
 */
const { updateApi } = require("./lib/gateway.js");
const { answering, parsed, given } = require("./lib/web.js");
const swagger = require("./lib/swagger.js");
const { checkSwagger } = require("./lib/check-swagger.js");

function main(message) {
  return answering(message, "API creation failure: ", check(message), async () => {
    const doc = parsed(message.apidoc);
    const definition = doc.swagger ? parsed(doc.swagger) : undefined;
    swagger.resolveNamespace(doc, message.__ow_user);
    const basePath = definition === undefined ? doc.gatewayBasePath : definition.basePath;
    const api = await updateApi(message, basePath, (found) => {
      const document =
        definition ??
        swagger.addOperation(
          found?.open_api_doc ?? swagger.baseDocument(basePath, doc.apiName),
          doc,
          given(message.responsetype) ?? "json",
        );
      checkSwagger(document);
      return document;
    });
    return swagger.apiValue(api);
  });
}

/** What is wrong with the parameters, in the original's order; undefined: nothing. */
function check(message) {
  if (!message.gwUrl && !message.gwUrlV2) return "gwUrl is required.";
  if (!message.__ow_user) return "A valid auth key is required.";
  const { apidoc } = message;
  if (!apidoc) return "apidoc is required.";
  if (typeof apidoc !== "object" && typeof apidoc !== "string") {
    return `apidoc field is of type ${typeof apidoc} and should be a JSON object or a JSON string.`;
  }
  const doc = parsed(apidoc);
  if (doc === undefined) return "apidoc field cannot be parsed. Ensure it is valid JSON.";
  if (!doc?.namespace) return "apidoc is missing the namespace field";
  return doc.swagger ? checkImport(doc) : checkOperation(doc);
}

function checkImport({ swagger: source, gatewayBasePath }) {
  if (gatewayBasePath) {
    return "swagger and gatewayBasePath are mutually exclusive and cannot be specified together.";
  }
  if (typeof source !== "object" && typeof source !== "string") {
    return `swagger field is ${typeof source} and should be an object or a JSON string.`;
  }
  const document = parsed(source);
  if (document === undefined) return "swagger field cannot be parsed. Ensure it is valid JSON.";
  const missing = ["basePath", "paths", "info"].find((field) => !document?.[field]);
  return missing && `swagger is missing the ${missing} field.`;
}

function checkOperation(doc) {
  const lacks = ["gatewayBasePath", "gatewayPath", "gatewayMethod"].find((field) => !doc[field]);
  if (lacks) return `apidoc is missing the ${lacks} field`;
  if (!doc.action) return "apidoc is missing the action field.";
  const fields = ["backendMethod", "backendUrl", "namespace", "name", "authkey"];
  const missing = fields.find((field) => !doc.action[field]);
  return missing && `action is missing the ${missing} field.`;
}

exports.main = main;

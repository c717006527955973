/** The three actions, each by its own entry point. */
exports.createApi = require("./create-api.js").main;
exports.getApi = require("./get-api.js").main;
exports.deleteApi = require("./delete-api.js").main;

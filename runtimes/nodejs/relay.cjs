// The API of the platform for an action without a network: 127.0.0.1:<port> → the socket shown by
// the sandbox.
"use strict";
const net = require("net");

/** `where`: "<port>:<path of the socket>". */
function listen(where) {
  const at = where.indexOf(":");
  const port = Number(where.slice(0, at));
  const path = where.slice(at + 1);
  const server = net.createServer({ allowHalfOpen: true }, (inside) => {
    const outside = net.connect({ path, allowHalfOpen: true });
    inside.on("error", () => outside.destroy());
    outside.on("error", () => inside.destroy());
    inside.on("close", () => outside.destroy());
    outside.on("close", () => inside.destroy());
    inside.pipe(outside).pipe(inside);
  });
  server.on("error", () => {});
  server.listen(port, "127.0.0.1");
  server.unref();
}

module.exports = { listen };

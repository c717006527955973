// The control connection of the spawner: JSON lines over fd 3.
"use strict";
const net = require("net");

const CONTROL_FD = 3;
let socket;

/** `handlers` by message type; `closed` when the platform is gone. */
function open(handlers) {
  socket = new net.Socket({ fd: CONTROL_FD, readable: true, writable: true });
  let rest = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const message = JSON.parse(line);
      handlers[message.t](message);
    }
  });
  socket.on("error", handlers.closed);
  socket.on("close", handlers.closed);
  socket.on("end", handlers.closed);
}

function send(message) {
  socket.write(`${JSON.stringify(message)}\n`);
}

module.exports = { open, send };

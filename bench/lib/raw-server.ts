// What every ratio is measured against: the least that an HTTP server on this Node.js can do.
import { writeSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

// With a number as argument: so many bytes.
const [bytes] = process.argv.slice(2);
const BODY = bytes === undefined ? '{"hello":"world"}' : "x".repeat(Number(bytes));

const server = createServer((_request, response) => {
  response.writeHead(200, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(BODY),
  });
  response.end(BODY);
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  writeSync(3, `${JSON.stringify({ event: "listen", role: "raw", host: "127.0.0.1", port })}\n`);
});

const { createHash, randomBytes } = require("node:crypto");
const http = require("node:http");
const https = require("node:https");

/** Longest wait for the connection, milliseconds. */
const CONNECT_MS = 30_000;
const TEXT = 1;
const CLOSE = 8;
/** Joined to the key of the handshake, RFC 6455 1.3. */
const HANDSHAKE = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Sends `payload` to the WebSocket at `uri` and closes it; not every Node.js has one on board. */
async function main({ uri, payload }) {
  if (!uri) throw "You must specify a uri parameter.";
  if (!payload) throw "You must specify a payload parameter.";
  console.log(`URI param is ${uri}`);
  const socket = await connect(uri);
  const message = typeof payload === "string" ? payload : JSON.stringify(payload);
  await write(socket, [frame(TEXT, message), frame(CLOSE, "")]);
  console.log("Send was successful.");
  return { payload };
}

/** The socket behind the handshake; rejects when there is none in time. */
function connect(uri) {
  const url = new URL(uri);
  const isSecure = url.protocol === "wss:";
  if (!isSecure && url.protocol !== "ws:") throw `Not the address of a WebSocket: ${uri}`;
  url.protocol = isSecure ? "https:" : "http:";
  const key = randomBytes(16).toString("base64");
  const headers = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": key,
  };
  return new Promise((resolve, reject) => {
    const request = (isSecure ? https : http).request(url, { headers });
    const clock = setTimeout(() => {
      reject(`Did not establish websocket connection to ${uri} in a timely manner.`);
      request.destroy();
    }, CONNECT_MS);
    request.on("error", reject);
    request.on("response", ({ statusCode }) => {
      reject(new Error(`Unexpected server response: ${statusCode}`));
      request.destroy();
    });
    request.on("upgrade", (response, socket) => {
      clearTimeout(clock);
      if (response.headers["sec-websocket-accept"] === acceptOf(key)) return resolve(socket);
      socket.destroy();
      return reject(new Error("Invalid Sec-WebSocket-Accept header"));
    });
    request.on("close", () => clearTimeout(clock));
    request.end();
  });
}

function acceptOf(key) {
  return createHash("sha1")
    .update(key + HANDSHAKE)
    .digest("base64");
}

/** One whole frame, masked as a client must (RFC 6455 5.2). */
function frame(opcode, text) {
  const data = Buffer.from(text);
  const mask = randomBytes(4);
  const masked = data.map((byte, at) => byte ^ mask[at % 4]);
  return Buffer.concat([Buffer.from([0x80 | opcode]), lengthOf(data.length), mask, masked]);
}

function lengthOf(length) {
  if (length < 126) return Buffer.from([0x80 | length]);
  if (length < 0x10000) return Buffer.from([0x80 | 126, length >> 8, length & 0xff]);
  const long = Buffer.alloc(9);
  long[0] = 0x80 | 127;
  long.writeBigUInt64BE(BigInt(length), 1);
  return long;
}

/** Resolves when all is written and the other side has it acknowledged, or hung up. */
function write(socket, frames) {
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("close", resolve);
    socket.resume();
    socket.end(Buffer.concat(frames));
  });
}

// Frames over fd 3 (docs/runtime-protocol.md): answers of one event-loop turn leave in one write.
"use strict";
const fs = require("fs");
const { mayBeUsed } = require("./direct-output.cjs");
const { open } = require("./socket.cjs");

const SOCKET_FD = 3;
const HEADER_BYTES = 20;
const READ_BYTES = 64 * 1024;
const WRITE_BYTES = 64 * 1024;
const INIT = 1;
const RUN = 2;
const RECALL = 3;
const CREDIT = 4;
const CANCEL = 5;
const READY = 17;
const REPLY = 18;
const LOGS = 19;
const UNSTARTED = 20;
const FLAG_TRUNCATED = 1;
/** Of READY: runs may be sent ahead, and are given back when asked for. */
const FLAG_TAKES_AHEAD = 2;
/** Of REPLY: the activation may have printed past the launcher. */
const FLAG_DIRECT_OUTPUT = 4;
const NOTHING = Buffer.alloc(0);

const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);
let socket;
let handlers;
let pending = NOTHING;
let filled = 0;
let replies = [];
let scratch;
let isInUse = false;
let isRehearsal = false;

function connection(theHandlers) {
  handlers = theHandlers;
  // The platform is gone: nobody wants an answer any more.
  const end = () => process.kill(process.pid, "SIGKILL");
  socket = open(readBuffer, (count) => receive(readBuffer, count), end);
  const ready = frame(READY, 0, 0, "", false, "", 0);
  ready[19] = FLAG_TAKES_AHEAD;
  socket.write(ready);
}

function receive(bytes, count) {
  let offset = 0;
  if (filled > 0) {
    offset = complete(bytes, count);
    if (filled > 0) return true;
  }
  while (count - offset >= HEADER_BYTES) {
    const size = HEADER_BYTES + bytes.readUInt32LE(offset);
    if (count - offset < size) return keep(bytes, offset, count, size);
    handle(bytes, offset, size);
    offset += size;
  }
  return offset === count || keep(bytes, offset, count, HEADER_BYTES);
}

function keep(bytes, offset, count, size) {
  pending = Buffer.allocUnsafe(size);
  filled = bytes.copy(pending, 0, offset, count);
  return true;
}

/** Fills the frame begun in an earlier read; `filled` is 0 afterwards when it was whole. */
function complete(bytes, count) {
  let offset = 0;
  while (offset < count) {
    const taken = bytes.copy(pending, filled, offset, count);
    filled += taken;
    offset += taken;
    if (filled < pending.length) break;
    const size = HEADER_BYTES + pending.readUInt32LE(0);
    if (size === filled) {
      const whole = pending;
      pending = NOTHING;
      filled = 0;
      handle(whole, 0, size);
      break;
    }
    const larger = Buffer.allocUnsafe(size);
    pending.copy(larger);
    pending = larger;
  }
  return offset;
}

function handle(bytes, offset, size) {
  isInUse = !isRehearsal;
  const type = bytes[offset + 18];
  const sequence = bytes.readUInt32LE(offset + 8);
  const meta = offset + HEADER_BYTES;
  const body = meta + bytes.readUInt32LE(offset + 4);
  const end = offset + size;
  if (type === RUN) handlers.run(sequence, bytes.utf8Slice(body, end), bytes[offset + 19]);
  else if (type === INIT) {
    handlers.init(sequence, bytes.utf8Slice(meta, body), bytes.utf8Slice(body, end));
  } else if (type === RECALL) handlers.recall();
  else if (type === CREDIT) handlers.credit(sequence, bytes.readUInt32LE(offset + 12));
  else if (type === CANCEL) handlers.cancel(sequence, bytes.utf8Slice(body, end));
}

/** `body` is text or bytes; `bodyBytes` its true length when it was cut, else 0. */
function send(sequence, status, meta, truncated, body, bodyBytes) {
  replies.push({ sequence, status, meta, truncated, body, bodyBytes });
  if (replies.length === 1) setImmediate(flush);
}

function flush() {
  const batch = replies;
  if (batch.length === 0) return;
  replies = [];
  let room = 0;
  for (const reply of batch) room += roomFor(reply.meta, reply.body);
  scratch ??= Buffer.allocUnsafeSlow(WRITE_BYTES);
  const bytes = room <= scratch.length ? scratch : Buffer.allocUnsafe(room);
  let end = 0;
  for (const { sequence, status, meta, truncated, body, bodyBytes } of batch) {
    end = write(bytes, end, REPLY, sequence, status, meta, truncated, body, bodyBytes);
  }
  if (isRehearsal) return;
  socket.write(bytes.subarray(0, end));
  if (bytes === scratch && socket.isBusy()) scratch = undefined;
}

function roomFor(meta, body) {
  return HEADER_BYTES + meta.length * 3 + body.length * 3;
}

function write(bytes, offset, type, sequence, status, meta, truncated, body, bodyBytes) {
  const start = offset + HEADER_BYTES;
  const metaBytes = meta === "" ? 0 : bytes.utf8Write(meta, start);
  const at = start + metaBytes;
  const written = typeof body === "string" ? bytes.utf8Write(body, at) : body.copy(bytes, at);
  bytes.writeUInt32LE(metaBytes + written, offset);
  bytes.writeUInt32LE(metaBytes, offset + 4);
  bytes.writeUInt32LE(sequence, offset + 8);
  bytes.writeUInt32LE(bodyBytes, offset + 12);
  bytes.writeUInt16LE(status, offset + 16);
  bytes[offset + 18] = type;
  bytes[offset + 19] =
    (truncated ? FLAG_TRUNCATED : 0) | (type === REPLY && mayBeUsed() ? FLAG_DIRECT_OUTPUT : 0);
  return at + written;
}

function frame(type, sequence, status, meta, truncated, body, bodyBytes) {
  const bytes = Buffer.allocUnsafe(roomFor(meta, body));
  const end = write(bytes, 0, type, sequence, status, meta, truncated, body, bodyBytes);
  return bytes.subarray(0, end);
}

/** Takes a run through reading and answering as if it had come; nothing is sent. */
function rehearse(body) {
  // Real frames have come already: there is nothing left to prepare for.
  if (isInUse || filled > 0) return;
  isRehearsal = true;
  const bytes = frame(RUN, 0, 0, "", false, body, 0);
  receive(bytes, bytes.length);
  flush();
  isRehearsal = false;
}

/** An activation that was sent ahead and has not begun. */
function sendUnstarted(sequence) {
  socket.write(frame(UNSTARTED, sequence, 0, "", false, "", 0));
}

/** Log lines of an activation that is still running. */
function sendLogs(sequence, text, truncated) {
  socket.write(frame(LOGS, sequence, 0, text, truncated, "", 0));
}

/** The same, leaving before this returns: the code that runs next may never yield or may die. */
function sendLogsNow(sequence, text, truncated) {
  if (socket.isBusy()) {
    sendLogs(sequence, text, truncated);
    return;
  }
  let rest = frame(LOGS, sequence, 0, text, truncated, "", 0);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(fs.writeSync(SOCKET_FD, rest));
    } catch (error) {
      if (error.code !== "EAGAIN") return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

/** A part of a stream, see stream.cjs. */
function sendPart(type, sequence, body) {
  socket.write(frame(type, sequence, 0, "", false, body, 0));
}

module.exports = {
  connection,
  flush,
  rehearse,
  send,
  sendLogs,
  sendNow: sendLogsNow,
  sendPart,
  sendUnstarted,
};

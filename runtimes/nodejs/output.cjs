// What the action prints, kept per activation and shipped with its answer.
//
// Lines have the stored form `<30 columns of time> <stream>: <text>`. The log limit holds here.
// Long or old output leaves in a frame of its own, so that an activation that is killed keeps it.
"use strict";
const { sendLogs, sendNow } = require("./frames.cjs");

const FLUSH_BYTES = 64 * 1024;
const FLUSH_AGE_MS = 100;
/** A new process ships its first lines at once: code that hangs or dies does so most often then. */
const EAGER_LINES = 200;
/** Columns and separators around the text of a line, with its line end. */
const LINE_OVERHEAD = 40;

let bytesMax = 0;
let current;
let lookup = () => current;
let eagerLeft = EAGER_LINES;
/** Bytes printed while loading count for the first activation. */
let carriedBytes = 0;
let timer;
const open_ = new Set();

function configure(logBytesMax) {
  bytesMax = logBytesMax;
}

function open(sequence, _loading) {
  const log = {
    sequence,
    lines: undefined,
    bytes: 0,
    heldBytes: 0,
    since: 0,
    stdout: "",
    stderr: "",
    truncated: false,
    message: undefined,
    closed: false,
    /** The answer may be a stream. */
    isStream: false,
  };
  if (carriedBytes > 0) {
    log.bytes = carriedBytes;
    carriedBytes = 0;
  }
  return log;
}

function carry(log) {
  carriedBytes = log.bytes;
}

function setCurrent(log) {
  current = log;
}

function setLookup(find) {
  const fallback = () => (open_.size === 1 ? open_.values().next().value : current);
  lookup = () => find() ?? fallback();
}

/** `text` may hold several lines or a part of one. */
function print(log, stream, text) {
  if (log === undefined || log.truncated || log.closed || bytesMax === 0) return;
  const lines = (log[stream] + text).split("\n");
  log[stream] = lines.pop();
  for (const line of lines) add(log, stream, line);
  if (log[stream].length > bytesMax) closeStream(log, stream);
  if (log.lines !== undefined) flushWhenDue(log);
}

function add(log, stream, text) {
  if (log.truncated) return;
  const room = bytesMax - log.bytes - LINE_OVERHEAD;
  let kept = text;
  if (Buffer.byteLength(text) > room) {
    log.truncated = true;
    if (room <= 0) return;
    // Cut on a character: half of one would be stored as a replacement mark.
    kept = Buffer.from(text)
      .subarray(0, room)
      .toString("utf8")
      .replace(/\uFFFD+$/, "");
  }
  const line = `${stamp()} ${stream}: ${kept}`;
  const bytes = Buffer.byteLength(line) + 1;
  log.bytes += bytes;
  log.heldBytes += bytes;
  if (log.lines === undefined) {
    log.lines = [];
    log.since = Date.now();
    open_.add(log);
    timer ??= setTimeout(flushOld, FLUSH_AGE_MS).unref();
  }
  log.lines.push(line);
}

function flushWhenDue(log) {
  if (eagerLeft > 0) {
    eagerLeft -= 1;
    flush(log, sendNow);
  } else if (log.heldBytes > FLUSH_BYTES || Date.now() - log.since > FLUSH_AGE_MS) {
    flush(log, sendNow);
  }
}

function flushOld() {
  timer = undefined;
  for (const log of open_) flush(log, sendLogs);
}

function flush(log, ship) {
  const text = take(log);
  if (text !== "" || log.truncated) ship(log.sequence, text, log.truncated);
}

/** Lines held so far as text; forgets them. */
function take(log) {
  if (log.lines === undefined) return "";
  const text = log.lines.join("\n");
  log.lines = undefined;
  log.heldBytes = 0;
  open_.delete(log);
  return text;
}

/** A last line without an end counts as a line; what comes later has no activation any more. */
function close(log) {
  closeStream(log, "stdout");
  closeStream(log, "stderr");
  log.closed = true;
}

function closeStream(log, stream) {
  const text = log[stream];
  if (text === "") return;
  log[stream] = "";
  add(log, stream, text);
}

/** Last words before the process ends. */
function flushAll(ship) {
  const log = lookup();
  if (log !== undefined && !log.closed) {
    closeStream(log, "stdout");
    closeStream(log, "stderr");
  }
  for (const each of [...open_]) flush(each, ship);
}

let anchorMs = Number.NaN;
let stampedMs = 0;
let stamped = "";

/** `2023-11-14T22:13:20.001234567Z`: the finer clock, tied to the time of day. */
function stamp() {
  const [seconds, nanoseconds] = process.hrtime();
  const sinceMs = seconds * 1000 + nanoseconds / 1e6;
  const now = Date.now();
  if (!(Math.abs(anchorMs + sinceMs - now) < 2)) anchorMs = now - sinceMs;
  const ms = anchorMs + sinceMs;
  const whole = Math.floor(ms);
  if (whole !== stampedMs) {
    stampedMs = whole;
    stamped = new Date(whole).toISOString().slice(0, -1);
  }
  return `${stamped}${String(Math.floor((ms - whole) * 1e6)).padStart(6, "0")}Z`;
}

function makeStream(stream, fd) {
  const { Writable } = require("stream");
  const made = new Writable({
    decodeStrings: false,
    write(chunk, encoding, callback) {
      print(lookup(), stream, textOf(chunk, encoding));
      callback();
    },
  });
  // The common case needs none of the machinery of streams.
  const { write } = made;
  made.write = (chunk, encoding, callback) => {
    if (typeof chunk !== "string" && !(chunk instanceof Uint8Array)) {
      return write.call(made, chunk, encoding, callback);
    }
    print(lookup(), stream, textOf(chunk, typeof encoding === "string" ? encoding : "utf8"));
    const done = typeof encoding === "function" ? encoding : callback;
    if (typeof done === "function") process.nextTick(done);
    return true;
  };
  made.fd = fd;
  made._type = "pipe";
  made._isStdio = true;
  made.destroySoon = made.destroy;
  made._destroy = (error, callback) => callback(error);
  return made;
}

function textOf(chunk, encoding) {
  if (typeof chunk !== "string") return Buffer.from(chunk).toString("utf8");
  const isText = encoding === "utf8" || encoding === "utf-8" || encoding === "buffer";
  return isText || !encoding ? chunk : Buffer.from(chunk, encoding).toString("utf8");
}

for (const [stream, fd] of [
  ["stdout", 1],
  ["stderr", 2],
]) {
  let made;
  Object.defineProperty(process, stream, {
    configurable: true,
    enumerable: true,
    get: () => {
      made ??= makeStream(stream, fd);
      return made;
    },
  });
}

module.exports = {
  configure,
  open,
  carry,
  setCurrent,
  setLookup,
  print,
  take,
  close,
  flushAll,
};

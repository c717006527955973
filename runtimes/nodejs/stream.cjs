// Answers in parts: a web action that may stream returns an async iterable (a Readable, a
// ReadableStream, an async generator), a generator, or an object with one as its `body`.
"use strict";
const { sendPart } = require("./frames.cjs");

const HEAD = 21;
const CHUNK = 22;
/** Bytes that may be under way and not passed on by the platform yet. */
const WINDOW_BYTES = 256 * 1024;
const CHUNK_BYTES_MAX = 64 * 1024;
/** How long code that nobody reads any more may take to clean up. */
const RETURN_MS = 1000;
const STOPPED = { done: true, value: undefined };

const streams = new Map();

/** What is to be sent: the answer without its body, and its parts; undefined when it is no stream. */
function answerOf(result) {
  if (isStream(result)) return { head: {}, parts: result };
  if (Array.isArray(result) || !isStream(result.body)) return undefined;
  const { body, ...head } = result;
  return { head, parts: body };
}

function isStream(value) {
  if (value === null || typeof value !== "object") return false;
  if (typeof value[Symbol.asyncIterator] === "function") return true;
  return typeof value[Symbol.iterator] === "function" && typeof value.next === "function";
}

/** Resolves with the note that becomes the result of the activation. */
async function send(sequence, { head, parts }) {
  const stream = { credit: WINDOW_BYTES, why: undefined, wake: () => {} };
  streams.set(sequence, stream);
  sendPart(HEAD, sequence, JSON.stringify(head));
  const iterator = (parts[Symbol.asyncIterator] ?? parts[Symbol.iterator]).call(parts);
  const note = { bytes: 0, chunks: 0, ended: "done" };
  try {
    while (stream.why === undefined) {
      const step = await untilStopped(stream, iterator.next());
      if (step.done) break;
      note.bytes += await sendBytes(sequence, stream, bytesOf(step.value));
      note.chunks += 1;
    }
  } catch (error) {
    streams.delete(sequence);
    void close(iterator);
    throw error;
  }
  streams.delete(sequence);
  if (stream.why !== undefined) {
    note.ended = stream.why;
    await close(iterator);
  }
  return { ...head, stream: note };
}

/** What `promise` gives, or STOPPED as soon as nobody reads any more. */
function untilStopped(stream, promise) {
  return new Promise((resolve, reject) => {
    stream.wake = () => {
      if (stream.why !== undefined) resolve(STOPPED);
    };
    Promise.resolve(promise).then(resolve, reject);
  });
}

/** Gives how many were sent: less than all when nobody reads any more. */
async function sendBytes(sequence, stream, bytes) {
  let sent = 0;
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES_MAX) {
    while (stream.credit <= 0 && stream.why === undefined) {
      await new Promise((resolve) => {
        stream.wake = resolve;
      });
    }
    if (stream.why !== undefined) return sent;
    const part = bytes.subarray(at, at + CHUNK_BYTES_MAX);
    stream.credit -= part.length;
    sendPart(CHUNK, sequence, part);
    sent += part.length;
  }
  return sent;
}

function bytesOf(value) {
  if (typeof value === "string") return Buffer.from(value);
  if (ArrayBuffer.isView(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  throw new TypeError(
    `A stream must give texts or bytes, but gave a value of type ${typeof value}.`,
  );
}

/** Lets the code that makes the parts clean up; it may hang. */
function close(iterator) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, RETURN_MS);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    try {
      Promise.resolve(iterator.return?.()).then(done, done);
    } catch {
      done();
    }
  });
}

function grant(sequence, bytes) {
  const stream = streams.get(sequence);
  if (stream === undefined) return;
  stream.credit += bytes;
  stream.wake();
}

function cancel(sequence, why) {
  const stream = streams.get(sequence);
  if (stream === undefined) return;
  stream.why = why;
  stream.wake();
}

module.exports = { answerOf, cancel, grant, send };

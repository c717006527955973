// Runs one Node.js action: frames on fd 3, OpenWhisk's /init and /run contract inside them
// (docs/runtime-protocol.md). Runs on Node 18 and newer. Idle memory counts: nothing is loaded here
// that a waiting process does not need.
"use strict";
const { connection, flush, rehearse, send, sendNow, sendUnstarted } = require("./frames.cjs");
const { mayBeUsed } = require("./direct-output.cjs");
const output = require("./output.cjs");

const tmpFolder = process.argv[2];
const STATUS = { ready: "ready", starting: "starting", stopped: "stopped" };
const BAD_REQUEST = "Bad request.";
const OW_PREFIX = "__OW_";
/** Of a run: it was sent while another one was out. */
const FLAG_AHEAD = 1;
/** Of a run: its answer may be a stream. */
const FLAG_STREAM = 2;
const SYSTEM_ERROR = "Internal system error:";

let settings = { concurrency: 1, logBytesMax: 0, responseBytesMax: Infinity, truncationBytes: 0 };
let status = STATUS.ready;
let handler;
let running = 0;
let pumping = false;
const waiting = [];
/** Only when activations overlap: which one a line of code belongs to. */
let activations;
const envNames = new Map();
const envSet = new Map();

process.argv.splice(1);
process.chdir(tmpFolder);
relayApi();
connection({
  init: (sequence, meta, body) => void init(sequence, meta, body),
  run: (sequence, body, flags) => {
    // Behind one that may have printed past us its output could not be told from that one's.
    if ((flags & FLAG_AHEAD) !== 0 && mayBeUsed()) {
      sendUnstarted(sequence);
      return;
    }
    waiting.push({ sequence, body, isStream: (flags & FLAG_STREAM) !== 0 });
    pump();
  },
  recall: giveBack,
  credit: (sequence, bytes) => require("./stream.cjs").grant(sequence, bytes),
  cancel: (sequence, why) => require("./stream.cjs").cancel(sequence, why),
});

/** Without a network the API is reached through a socket that the sandbox shows. */
function relayApi() {
  const relay = process.env.MERINGUE_API_RELAY;
  if (relay === undefined) return;
  delete process.env.MERINGUE_API_RELAY;
  require("./relay.cjs").listen(relay);
}

async function init(sequence, meta, body) {
  if (handler !== undefined || status !== STATUS.ready) {
    const text =
      handler !== undefined
        ? "Cannot initialize the action more than once."
        : `System not ready, status is ${status}.`;
    refuse(sequence, 403, text);
    return;
  }
  settings = { ...settings, ...JSON.parse(meta) };
  output.configure(settings.logBytesMax);
  const value = parse(body)?.value ?? {};
  const { main, code } = value;
  if (!main || !code || typeof main !== "string" || typeof code !== "string") {
    refuse(sequence, 403, "Missing main/no code to execute.");
    return;
  }
  status = STATUS.starting;
  const log = output.open(sequence, true);
  output.setCurrent(log);
  setInitEnv(value.env);
  if (settings.concurrency > 1) trackActivations();
  try {
    handler = await require("./load.cjs").load(value, tmpFolder);
    status = STATUS.ready;
    answer(log, 200, '{"OK":true}');
    output.carry(log);
  } catch (error) {
    status = STATUS.stopped;
    console.error("Error during initialization:", error);
    const text = error?.stack ? String(error.stack) : error;
    answer(log, 502, errorBody(`Initialization has failed due to: ${text}`));
  }
  output.setCurrent(undefined);
  pump();
}

/** The object in a body; undefined when it is none. */
function parse(body) {
  try {
    const message = JSON.parse(body);
    return message !== null && typeof message === "object" ? message : undefined;
  } catch {
    return undefined;
  }
}

function setInitEnv(env) {
  if (env === null || typeof env !== "object") return;
  for (const [name, value] of Object.entries(env)) {
    if (value !== null && typeof value === "object") process.env[name] = JSON.stringify(value);
    else process.env[name] = value ? String(value) : "";
  }
}

function trackActivations() {
  const { AsyncLocalStorage } = require("async_hooks");
  activations = new AsyncLocalStorage();
  output.setLookup(() => activations.getStore());
  process.env = require("./env.cjs").perActivation(process.env, (name) => {
    const message = activations.getStore()?.message;
    const value = message?.[name.slice(OW_PREFIX.length).toLowerCase()];
    return typeof value === "string" ? value : undefined;
  });
}

/** Starts what waits, at most `concurrency` at once, strictly in order. */
function pump() {
  if (pumping || status === STATUS.starting) return;
  pumping = true;
  while (waiting.length > 0 && running < settings.concurrency && !hasThrown()) {
    const { sequence, body, isStream } = waiting.shift();
    // What runs now may never yield or may end the process: the last answer leaves first.
    if (settings.concurrency === 1) flush();
    start(sequence, body, isStream);
  }
  pumping = false;
  if (!hasThrown()) return;
  // The platform learns first why nothing runs here any more.
  flush();
  giveBack();
}

/** The handler is not called again; what waits behind the error has no part in it. */
function hasThrown() {
  return handler !== undefined && status === STATUS.stopped;
}

/** The newest first, so that the platform finds them in their order. */
function giveBack() {
  while (waiting.length > 0) sendUnstarted(waiting.pop().sequence);
}

function start(sequence, body, isStream) {
  if (handler === undefined || status !== STATUS.ready) {
    const text =
      handler === undefined && status === STATUS.ready
        ? "System not initialized."
        : `System not ready, status is ${status}.`;
    refuse(sequence, 403, text);
    return;
  }
  const message = parse(body);
  if (message === undefined) {
    refuse(sequence, 500, BAD_REQUEST);
    return;
  }
  const value = message.value ?? {};
  if (typeof value !== "object") {
    const type = typeof value;
    const text = `Internal system error: the argument must be a dictionary but has type '${type}'.`;
    refuse(sequence, 403, text);
    return;
  }
  running += 1;
  const log = output.open(sequence, false);
  log.isStream = isStream;
  if (activations !== undefined) {
    log.message = message;
    announce(message);
    activations.run(log, invoke, log, value);
    return;
  }
  setEnvironment(message);
  output.setCurrent(log);
  invoke(log, value);
}

function envName(key) {
  let name = envNames.get(key);
  if (name === undefined) {
    name = OW_PREFIX + key.toUpperCase();
    envNames.set(key, name);
  }
  return name;
}

/** Names that `Object.keys(process.env)` must have; their values are found per activation. */
function announce(message) {
  for (const key in message) {
    if (envSet.has(key)) continue;
    envSet.set(key, "");
    const name = envName(key);
    if (typeof message[key] === "string" && key !== "value" && !(name in process.env)) {
      process.env[name] = "";
    }
  }
}

/** Setting a variable of the process is a system matter; most stay the same between activations. */
function setEnvironment(message) {
  for (const key in message) {
    const value = message[key];
    if (typeof value !== "string" || key === "value" || envSet.get(key) === value) continue;
    process.env[envName(key)] = value;
    envSet.set(key, value);
  }
}

function invoke(log, value) {
  let result;
  try {
    result = handler(value);
  } catch (error) {
    console.error(error);
    status = STATUS.stopped;
    done(log, 502, errorBody(`An error has occurred: ${error}`));
    return;
  }
  if (result === null || typeof result !== "object" || Array.isArray(result)) {
    finish(log, result);
    return;
  }
  let then;
  try {
    then = result.then;
  } catch {
    then = undefined;
  }
  if (typeof then !== "function") finish(log, result);
  else
    Promise.resolve(result).then(
      (value) => finish(log, value),
      (error) => rejected(log, error),
    );
}

function finish(log, result) {
  if (result === undefined) {
    done(log, 200, "{}");
    return;
  }
  if (typeof result !== "object") {
    console.error(`Result must be of type object but has type "${typeof result}":`, result);
    done(log, 502, errorBody("The action did not return a dictionary."));
    return;
  }
  if (log.isStream && startStream(log, result)) return;
  let body;
  try {
    body = JSON.stringify(result) ?? "";
  } catch (error) {
    console.error(error);
    done(log, 502, errorBody(`An error has occurred: ${error}`));
    return;
  }
  done(log, 200, body);
}

/** False when the result is no stream. The end of a stream is a result like any other: a note. */
function startStream(log, result) {
  const { answerOf, send } = require("./stream.cjs");
  const answer = answerOf(result);
  if (answer === undefined) return false;
  log.isStream = false;
  send(log.sequence, answer).then(
    (note) => finish(log, note),
    (error) => {
      // Its client sees no more than a cut: the author finds the reason in the logs.
      console.error(error);
      rejected(log, error);
    },
  );
  return true;
}

/** A rejected promise is the action's own way to report an error. */
function rejected(log, error) {
  let value = {};
  try {
    if (error) value = require("./serialize-error.cjs").serializeError(error);
    finish(log, { error: value });
  } catch (problem) {
    finish(log, { error: String(problem?.message) });
  }
}

function done(log, code, body) {
  running -= 1;
  answer(log, code, body);
  if (activations === undefined) output.setCurrent(undefined);
  if (settings.concurrency === 1 && mayBeUsed()) giveBack();
  if (waiting.length > 0) pump();
}

function answer(log, code, body) {
  const { responseBytesMax, truncationBytes } = settings;
  output.close(log);
  // A UTF-16 unit takes at most 3 bytes: only a long text has to be counted.
  if (body.length * 3 > responseBytesMax) {
    const bytes = Buffer.from(body);
    if (bytes.length > responseBytesMax) {
      const cut = bytes.subarray(0, truncationBytes);
      send(log.sequence, code, output.take(log), log.truncated, cut, bytes.length);
      return;
    }
  }
  send(log.sequence, code, output.take(log), log.truncated, body, 0);
}

function refuse(sequence, code, text) {
  const log = output.open(sequence, false);
  output.print(log, "stderr", `${SYSTEM_ERROR} ${text}\n`);
  answer(log, code, errorBody(text));
}

function errorBody(text) {
  return JSON.stringify({ error: text });
}

// Ready before the first action comes: what loads and runs code has been taken through once, since
// the second time is many times faster.
setImmediate(() => {
  const { warmUp } = require("./load.cjs");
  if (handler !== undefined || status !== STATUS.ready) return;
  warmUp(tmpFolder);
  handler = () => ({});
  rehearse('{"value":{}}');
  handler = undefined;
});

// The last words of a process that ends by itself.
process.on("exit", () => output.flushAll(sendNow));

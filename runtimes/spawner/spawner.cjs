// Starts the processes of functions, so that forking never happens on the serving thread.
//
// Listens on the unix socket named by argv[2]; argv[3] says as JSON what to remove at the end. Each connection carries one JSON line, the order to
// start one container, and then becomes fd 3 of that container: the serving process talks to the
// function over it with nothing in between. What happens to the processes (started, confined,
// output on fd 1 and 2, exit) is told as JSON lines over fd 3 of this process, which also takes
// "kill", "forget" and "drain". When that control connection closes, everything is killed and this exits.
// docs/runtime-protocol.md describes both.
"use strict";
const { spawn } = require("child_process");
const net = require("net");
const control = require("./control.cjs");
const confine = require("./confine.cjs");

/** Bytes of fd 1 and 2 passed on between two drains; the rest is read and dropped. */
const OUTPUT_BYTES_MAX = 11 * 1024 * 1024;
const ORDER_BYTES_MAX = 1024 * 1024;
/** Output may be held open by a process that outlived its parent; do not wait longer for it. */
const OUTPUT_LINGER_MS = 100;

const STOP_TRIES = 400;
const STOP_PAUSE_MS = 5;

/** What to remove at the end: `{cgroupHomes, folders}`. */
const leftovers = JSON.parse(process.argv[3]);
const containers = new Map();
/** Killed before their order arrived, or after their end until that is known: then "forget" comes. */
const doomed = new Set();

function readOrder(socket, done) {
  let text = "";
  socket.setEncoding("latin1");
  socket.on("data", (chunk) => {
    text += chunk;
    if (!text.endsWith("\n")) {
      if (text.length > ORDER_BYTES_MAX) socket.destroy();
      return;
    }
    socket.removeAllListeners("data");
    socket.pause();
    done(JSON.parse(Buffer.from(text, "latin1").toString("utf8")));
  });
  socket.on("error", () => socket.destroy());
}

function relay(container, stream, fd) {
  stream.on("data", (chunk) => {
    const room = OUTPUT_BYTES_MAX - container.outputBytes;
    if (room <= 0) return;
    const kept = chunk.length > room ? chunk.subarray(0, room) : chunk;
    container.outputBytes += kept.length;
    control.send({ t: "output", id: container.id, fd, data: kept.toString("base64") });
  });
  stream.on("error", () => {});
}

// The groups are made and entered while the interpreter boots: user code comes much later.
async function start(order, socket) {
  const container = { id: order.id, pid: 0, outputBytes: 0, watch: undefined };
  containers.set(order.id, container);
  let child;
  try {
    if (doomed.delete(order.id)) throw new Error("destroyed before it started");
    confine.makeFolder(order.tmp);
    child = spawn(order.command, order.args, {
      cwd: order.cwd,
      env: order.env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe", socket],
    });
  } catch (error) {
    fail(container, order, socket, error);
    return;
  }
  socket.destroy();
  if (child.pid === undefined) {
    child.once("error", (error) => fail(container, order, socket, error));
    return;
  }
  container.pid = child.pid;
  child.on("error", () => {});
  relay(container, child.stdout, 1);
  relay(container, child.stderr, 2);
  watchExit(container, order, child);
  control.send({ t: "started", id: order.id, pid: child.pid });
  const confined = await confine.enter(order.cgroups, child.pid);
  if (order.residentBytesMax > 0) {
    container.watch = confine.watchResident(child.pid, order.residentBytesMax, () => {
      container.outgrown = true;
      kill(order.id);
    });
  }
  control.send({ t: "confined", id: order.id, error: confined });
}

function fail(container, order, socket, error) {
  socket.destroy();
  containers.delete(container.id);
  void clean(order).then(() => {
    control.send({ t: "failed", id: container.id, error: error.message });
  });
}

async function clean(order) {
  await confine.leave(order.cgroups);
  await confine.removeFolder(order.tmp);
}

function watchExit(container, order, child) {
  child.once("exit", (code, signal) => {
    // Whatever is left of its process group (levels without a pid namespace) goes with it.
    killGroup(container.pid);
    confine.stopWatch(container.watch);
    const linger = setTimeout(() => {
      child.stdout.destroy();
      child.stderr.destroy();
    }, OUTPUT_LINGER_MS);
    let open = 2;
    const closed = async () => {
      open -= 1;
      if (open > 0) return;
      clearTimeout(linger);
      containers.delete(container.id);
      const oomKills = await confine.oomKills(order.cgroups);
      await clean(order);
      const outgrown = container.outgrown === true || oomKills > 0;
      control.send({ t: "exit", id: container.id, code, signal, outgrown });
    };
    for (const stream of [child.stdout, child.stderr]) {
      if (stream.closed) void closed();
      else stream.once("close", closed);
    }
  });
}

function killGroup(pid) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Already gone.
  }
}

function kill(id) {
  const container = containers.get(id);
  if (container === undefined) {
    doomed.add(id);
    return;
  }
  if (container.pid !== 0) killGroup(container.pid);
}

/** One full turn of the event loop has read what was waiting in the output pipes. */
function drain(id, n) {
  setImmediate(() =>
    setImmediate(() => {
      const container = containers.get(id);
      if (container !== undefined) container.outputBytes = 0;
      control.send({ t: "drained", id, n });
    }),
  );
}

let stopping = false;

/** The platform is gone: nothing of it may stay behind. */
async function stop() {
  if (stopping) return;
  stopping = true;
  for (const id of containers.keys()) kill(id);
  for (let i = 0; containers.size > 0 && i < STOP_TRIES; i++) {
    await new Promise((resolve) => setTimeout(resolve, STOP_PAUSE_MS));
  }
  await confine.close(leftovers.cgroupHomes);
  for (const folder of leftovers.folders) await confine.removeFolder({ path: folder });
  process.exit(0);
}

control.open({
  kill: (message) => kill(message.id),
  forget: (message) => doomed.delete(message.id),
  drain: (message) => drain(message.id, message.n),
  closed: () => void stop(),
});

const server = net.createServer((socket) => {
  readOrder(socket, (order) => void start(order, socket));
});
server.listen(process.argv[2], () => control.send({ t: "listening" }));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});

// Control groups and writable folders of containers; the watch on resident memory where there are
// no control groups.
"use strict";
const fs = require("fs");
const { readFile, readdir, writeFile, rmdir, rm } = fs.promises;

const WATCH_MS = 200;
const LEAVE_TRIES = 100;
const LEAVE_PAUSE_MS = 5;
const PAGE_BYTES = 4096;

/** A container's own folder `{path, uid?}`, at levels that have no private /tmp. */
function makeFolder(tmp) {
  if (tmp === undefined) return;
  fs.mkdirSync(tmp.path, { mode: 0o700 });
  if (tmp.uid !== undefined) fs.chownSync(tmp.path, tmp.uid, tmp.uid);
}

async function removeFolder(tmp) {
  if (tmp === undefined) return;
  await rm(tmp.path, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
}

/** Makes each group `{path, files: [[name, value]]}`; a file that does not exist here is skipped. */
function prepare(groups) {
  for (const group of groups) {
    fs.mkdirSync(group.path);
    for (const [name, value] of group.files) {
      try {
        fs.writeFileSync(`${group.path}/${name}`, value, { flag: "r+" });
      } catch (error) {
        if (error.code !== "ENOENT") throw error;
      }
    }
  }
}

function childrenOf(pid) {
  try {
    const children = [];
    for (const task of fs.readdirSync(`/proc/${pid}/task`)) {
      const text = fs.readFileSync(`/proc/${pid}/task/${task}/children`, "latin1").trim();
      if (text !== "") children.push(...text.split(" "));
    }
    return children;
  } catch {
    return [];
  }
}

function familyOf(pid) {
  const family = [String(pid)];
  for (let i = 0; i < family.length; i++) family.push(...childrenOf(family[i]));
  return family;
}

/**
 * Makes the groups and moves the process and all its descendants. Children made by a moved process are born inside, so
 * a pass that finds nobody new ends it. Gives undefined, or the text of what went wrong.
 */
async function enter(groups, pid) {
  if (groups.length === 0) return undefined;
  try {
    prepare(groups);
  } catch (error) {
    return error.message;
  }
  const moved = new Set();
  for (;;) {
    const left = familyOf(pid).filter((member) => !moved.has(member));
    if (left.length === 0) return undefined;
    for (const member of left) {
      try {
        await Promise.all(groups.map((g) => writeFile(`${g.path}/cgroup.procs`, member)));
      } catch (error) {
        // A process that ended meanwhile, and its group with it, needs no confinement.
        if (error.code !== "ESRCH" && fs.existsSync(`/proc/${pid}`)) return error.message;
      }
      moved.add(member);
    }
  }
}

/** Processes that the kernel killed because the group was out of memory. */
async function oomKills(groups) {
  let kills = 0;
  for (const group of groups) {
    for (const name of ["memory.oom_control", "memory.events"]) {
      const text = await readFile(`${group.path}/${name}`, "latin1").catch(() => "");
      const match = /^oom_kill (\d+)$/m.exec(text);
      if (match !== null) kills += Number(match[1]);
    }
  }
  return kills;
}

/** Removes the groups, killing whoever is still inside (a child that left the process group). */
async function leave(groups) {
  for (const group of groups) {
    for (let i = 0; i < LEAVE_TRIES; i++) {
      try {
        await rmdir(group.path);
        break;
      } catch (error) {
        if (error.code === "ENOENT") break;
        await killMembers(group.path);
        await new Promise((resolve) => setTimeout(resolve, LEAVE_PAUSE_MS));
      }
    }
  }
}

/** Removes the folders in which groups were made, with what is left in them. */
async function close(homes) {
  for (const home of homes) {
    const entries = await readdir(home, { withFileTypes: true }).catch(() => []);
    const inner = entries.filter((entry) => entry.isDirectory());
    await leave([...inner.map((entry) => ({ path: `${home}/${entry.name}` })), { path: home }]);
  }
}

async function killMembers(path) {
  const text = await readFile(`${path}/cgroup.procs`, "latin1").catch(() => "");
  for (const pid of text.split("\n")) {
    try {
      if (pid !== "") process.kill(Number(pid), "SIGKILL");
    } catch {
      // Already gone.
    }
  }
}

/** Calls `outgrown` once when the family's resident memory passes the limit. */
function watchResident(pid, bytesMax, outgrown) {
  const timer = setInterval(() => {
    let bytes = 0;
    for (const member of familyOf(pid)) {
      try {
        const fields = fs.readFileSync(`/proc/${member}/statm`, "latin1").split(" ");
        // Shared pages (the interpreter's text) are everybody's.
        bytes += (Number(fields[1]) - Number(fields[2])) * PAGE_BYTES;
      } catch {
        // Ended between the listing and the reading.
      }
    }
    if (bytes <= bytesMax) return;
    clearInterval(timer);
    outgrown();
  }, WATCH_MS);
  return timer;
}

function stopWatch(timer) {
  if (timer !== undefined) clearInterval(timer);
}

module.exports = {
  makeFolder,
  removeFolder,
  prepare,
  enter,
  oomKills,
  leave,
  close,
  watchResident,
  stopWatch,
};

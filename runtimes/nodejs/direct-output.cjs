// Tells when user code may have printed on fd 1 or 2 past the launcher: through child processes,
// native code or the file functions. From then on the platform reads what was printed before it
// ends an activation (docs/runtime-protocol.md).
"use strict";
const fs = require("fs");

const CHILDREN = "NativeModule child_process";
let isUsed = false;
let seen = process.moduleLoadList.length;

function mayBeUsed() {
  const loaded = process.moduleLoadList;
  for (; !isUsed && seen < loaded.length; seen += 1) isUsed = loaded[seen] === CHILDREN;
  return isUsed;
}

/** `isDirect`: whether a call with these arguments prints past the launcher. */
function watch(owner, name, isDirect) {
  const original = owner[name];
  const watched = function (...args) {
    if (isDirect(args[0])) isUsed = true;
    return original.apply(this, args);
  };
  owner[name] = Object.defineProperties(watched, Object.getOwnPropertyDescriptors(original));
}

for (const name of ["write", "writeSync", "writev", "writevSync"]) {
  watch(fs, name, (fd) => fd === 1 || fd === 2);
}
watch(process, "dlopen", () => true);

module.exports = { mayBeUsed };

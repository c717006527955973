// process.env while activations overlap: `__OW_*` names are those of the activation that asks.
"use strict";

function perActivation(real, find) {
  const own = (name) => {
    if (typeof name !== "string" || !name.startsWith("__OW_")) return undefined;
    return find(name);
  };
  return new Proxy(real, {
    get: (target, name) => own(name) ?? target[name],
    has: (target, name) => own(name) !== undefined || name in target,
    set: (target, name, value) => {
      target[name] = value;
      return true;
    },
  });
}

module.exports = { perActivation };

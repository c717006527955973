// Errors as JSON in the shape that clients of the original know: own enumerable fields, then name,
// message, stack and code where they are strings.
"use strict";

const FIELDS = ["name", "message", "stack", "code"];

function serializeError(value) {
  if (typeof value === "function") return `[Function: ${value.name || "anonymous"}]`;
  if (value === null || typeof value !== "object") return value;
  return copy(value, []);
}

function copy(from, parents) {
  if (typeof from.toJSON === "function" && !parents.includes(from)) {
    const plain = from.toJSON();
    if (plain !== from) return plain;
  }
  const to = Array.isArray(from) ? [] : {};
  const seen = [...parents, from];
  for (const [key, value] of Object.entries(from)) {
    const kept = copyField(value, seen);
    if (kept !== undefined) to[key] = kept;
  }
  for (const name of FIELDS) {
    if (typeof from[name] === "string") to[name] = from[name];
  }
  return to;
}

function copyField(value, seen) {
  if (typeof value === "function") return undefined;
  if (value === null || typeof value !== "object") return value;
  if (Buffer.isBuffer(value)) return "[object Buffer]";
  if (typeof value.pipe === "function") return "[object Stream]";
  return seen.includes(value) ? "[Circular]" : copy(value, seen);
}

module.exports = { serializeError };

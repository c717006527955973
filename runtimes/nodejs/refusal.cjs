// Reasons for not taking an action, told as plain text: the caller's mistake has no stack.
"use strict";

function refusal(text, cause) {
  const error = new Error(text, { cause });
  error.stack = text;
  return error;
}

module.exports = { refusal };

/** How the actions read their parameters and answer: as web actions, or invoked as any other. */

/**
 * Answers with what `run` gives, or rejects with what it throws behind `prefix`. `problem` is what is
 * wrong with the parameters: then nothing runs.
 */
async function answering(message, prefix, problem, run) {
  const isWeb = message.__ow_method !== undefined;
  try {
    if (problem) throw problem;
    const body = await run();
    return isWeb ? { statusCode: 200, headers: JSON_TYPE, body } : body;
  } catch (reason) {
    const text = `${problem ? "" : prefix}${textOf(reason)}`;
    throw isWeb ? { statusCode: 502, headers: JSON_TYPE, body: { error: text } } : text;
  }
}

const JSON_TYPE = { "Content-Type": "application/json" };

function textOf(reason) {
  return reason instanceof Error ? reason.message : String(reason);
}

/** An object as it is, a text as JSON; undefined when it is none. */
function parsed(value) {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

/** A text; undefined for anything else. Some clients send the word "undefined" for what is not set. */
function given(value) {
  const isText = typeof value === "string" || typeof value === "number";
  return isText && value !== "" && value !== "undefined" ? String(value) : undefined;
}

module.exports = { answering, parsed, given };

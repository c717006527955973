/** Cuts `payload` at each `separator`, a plain text; without one at the ends of lines. */
function main({ payload, separator }) {
  const pieces = { lines: payload.toString().split(separator || /\r?\n/), payload };
  console.log(`split: returning ${JSON.stringify(pieces)}`);
  return pieces;
}

/** Joins `lines`, each with a line end behind it. */
function main({ lines }) {
  if (!Array.isArray(lines)) return { error: "You must specify a lines parameter!" };
  return { lines, payload: lines.map((line) => `${line}\n`).join("") };
}

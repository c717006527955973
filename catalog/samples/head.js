/** The first `num` of the `lines`; one when it is no number. */
function main({ lines, num }) {
  if (!Array.isArray(lines)) return { error: "You must specify a lines parameter!" };
  const count = typeof num === "number" ? Math.trunc(num) : 1;
  if (count < 0) throw new Error("num must not be negative");
  return { lines: lines.slice(0, count), num: count };
}

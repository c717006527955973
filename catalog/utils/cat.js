/** Joins `lines` with line ends between them. */
function main({ lines }) {
  const joined = { lines: lines || [], payload: (lines || []).join("\n") };
  console.log(`cat: returning ${JSON.stringify(joined)}`);
  return joined;
}

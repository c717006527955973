/** Sorts `lines` as texts, whatever they are: 10 comes before 9. */
function main(params) {
  const lines = params.lines || [];
  console.log(`sort input msg: ${JSON.stringify(params)}`);
  console.log(`sort before: ${lines}`);
  lines.sort();
  console.log(`sort after: ${lines}`);
  return { lines, length: lines.length };
}

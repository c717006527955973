/** Writes one line into its log, and gives nothing back. */
function main({ payload }) {
  console.log("hello", `${payload}!`);
}

/** Now, as an ISO text once it is JSON. */
function main() {
  const date = new Date();
  console.log(`It is now ${date}`);
  return { date };
}

/** Words are what single blanks part. */
function main({ payload }) {
  const text = payload.toString();
  const count = text.split(" ").length;
  console.log(`The message '${text}' has`, count, "words");
  return { count };
}

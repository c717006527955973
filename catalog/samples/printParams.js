/** Prints each parameter, by name, and gives them back in that order. */
function main(params) {
  const sorted = Object.fromEntries(
    Object.keys(params)
      .sort()
      .map((key) => [key, params[key]]),
  );
  let indent = "";
  for (const [key, value] of Object.entries(sorted)) {
    console.log(`${indent}params.${key}:`, value);
    indent = " ";
  }
  return { params: sorted };
}

/** Puts all parameters but `$fieldName` below the name that it gives. */
function main({ $fieldName, ...others }) {
  if (typeof $fieldName !== "string") {
    return { error: "Expected an argument '$fieldName' of type 'string'." };
  }
  return { [$fieldName]: others };
}

/** The namespace in which this runs. */
function main() {
  return { namespace: process.env.__OW_NAMESPACE };
}

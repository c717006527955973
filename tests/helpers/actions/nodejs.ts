/** Node.js actions that all rings use. */
export const ECHO = "function main(args) { return args; }";
export const HELLO = "function main(args) { return { greeting: 'Hello ' + args.name }; }";
export const THROWS = "function main() { throw new Error('boom'); }";
export const REJECTS = "function main() { return Promise.reject(new TypeError('no')); }";
export const SLEEPS =
  "function main({ ms }) { return new Promise((done) => setTimeout(() => done({ ms }), ms)); }";
export const SPINS = "function main() { console.log('before'); for (;;); }";
export const EXITS = "function main() { console.log('last words'); process.exit(3); }";
export const ENVIRONMENT = "function main() { return process.env; }";
/** Prints around a pause, so that overlapping activations would mix. */
export const CHATTY = `
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
async function main({ n }) {
  console.log('out', n);
  await pause(5 + (n % 7));
  console.error('err', n);
  process.stdout.write('part ' + n);
  await pause(n % 5);
  process.stdout.write(' end\\n');
  return { n, id: process.env.__OW_ACTIVATION_ID, has: '__OW_ACTIVATION_ID' in process.env };
}`;
export const ALLOCATES = `
function main() {
  const kept = [];
  for (;;) kept.push(Buffer.alloc(1024 * 1024, 1));
}`;
export const FILLS_HEAP = `
function main() {
  const kept = [];
  for (;;) kept.push({ text: 'x' + kept.length, more: [kept.length] });
}`;

/** Actions that try what a function must not be able to do. Node.js source texts. */
export const READS = `
const fs = require('fs');
function main({ path }) {
  try { return { text: fs.readFileSync(path, 'latin1').slice(0, 200) } }
  catch (e) { return { code: e.code } }
}`;
export const LISTS = `
const fs = require('fs');
function main({ path }) {
  try { return { names: fs.readdirSync(path) } } catch (e) { return { code: e.code } }
}`;
export const WRITES = `
const fs = require('fs');
function main({ path }) {
  try { fs.writeFileSync(path, 'x'); return { written: true } } catch (e) { return { code: e.code } }
}`;
export const KILLS = `
function main({ pid }) {
  try { process.kill(pid, 'SIGKILL'); return { sent: true } } catch (e) { return { code: e.code } }
}`;
export const WHO = `
const fs = require('fs');
function main() {
  const status = fs.readFileSync('/proc/self/status', 'latin1');
  const field = (name) => new RegExp('^' + name + ':\\\\s+(.*)$', 'm').exec(status)[1];
  return {
    uid: process.getuid(), groups: process.getgroups(), caps: field('CapEff'), bounding: field('CapBnd'),
    noNewPrivs: field('NoNewPrivs'), fds: fs.readdirSync('/proc/self/fd').length,
    pids: fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).map(Number),
  };
}`;
/** Of this run of the tests alone: others may be under way on the machine. */
export const SLEEP_SECONDS = `1000.${process.pid}`;
export const FORKS = `
const { spawn } = require('child_process');
async function main() {
  let made = 0, failed = 0;
  for (let i = 0; i < 3000; i++) {
    await new Promise((done) => {
      let child;
      try { child = spawn('/bin/sleep', ['${SLEEP_SECONDS}'], { stdio: 'ignore' }) } catch { failed++; return done() }
      child.on('spawn', () => { made++; done() });
      child.on('error', () => { failed++; done() });
    });
    if (failed > 5) break;
  }
  return { made, failed };
}`;
export const BOMB = `
function main() {
  require('child_process').execFile('/bin/sh', ['-c', 'f() { f | f & }; f; sleep 5']);
  return new Promise(() => {});
}`;
export const PRINTS_GIGABYTE = `
function main() {
  const line = 'x'.repeat(1023);
  for (let i = 0; i < 1024 * 1024; i++) console.log(line);
  return { done: true };
}`;
export const PIPES_MUCH = `
const { spawnSync } = require('child_process');
function main() {
  spawnSync('/bin/sh', ['-c', 'head -c 200000000 /dev/zero | tr "\\\\0" "y"'], { stdio: 'inherit' });
  return { done: true };
}`;
export const OPENS = `
const fs = require('fs');
function main() {
  let opened = 0;
  try { for (; opened < 10000; opened++) fs.openSync('/dev/null') } catch (e) { return { opened, code: e.code } }
  return { opened };
}`;
export const FILLS_TMP = `
const fs = require('fs');
function main({ mb }) {
  const piece = Buffer.alloc(1 << 20, 1);
  const file = fs.openSync('/tmp/big', 'w');
  try { for (let i = 0; i < mb; i++) fs.writeSync(file, piece) } catch (e) { return { code: e.code } }
  return { done: true };
}`;
export const CONNECTS = `
const net = require('net');
function main({ host, port }) {
  return new Promise((done) => {
    const socket = net.connect(port, host);
    socket.on('connect', () => done({ connected: true }));
    socket.on('error', (e) => done({ code: e.code }));
  });
}`;
export const CALLS_API = `
async function main({ path }) {
  const reply = await fetch(process.env.__OW_API_HOST + path);
  return { status: reply.status, text: await reply.text() };
}`;
export const CHILD_ALLOCATES = `
function main() {
  const code = 'const kept = []; for (;;) kept.push(Buffer.alloc(1 << 20, 1))';
  require('child_process').spawn(process.execPath, ['-e', code], { stdio: 'ignore' });
  return new Promise(() => {});
}`;

/**
 * The /etc of the sandbox: a folder made once from the few files that programs need. One mount
 * instead of a dozen saves a millisecond at each start of a container.
 */
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readlink,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import type { NetworkLevel } from "./driver.ts";

/** Certificates, libraries, time. */
const ALWAYS = [
  "ssl",
  "pki",
  "ca-certificates",
  "ca-certificates.conf",
  "ld.so.cache",
  "localtime",
  "alternatives",
  "mime.types",
];
/** resolv.conf is a mount of its own (sandbox.ts): it changes with the network. */
const NETWORK = ["hosts", "nsswitch.conf", "services"];
/** Keys of the machine's own services. */
const SECRET = /\/(private|secret\w*|\w*\.key)$/;

/**
 * Makes `folder`. Users: root, and one name per uid that a container may have.
 * `source` is the machine's /etc.
 */
export async function makeEtcFolder(
  folder: string,
  network: NetworkLevel,
  uids: readonly number[],
  source = "/etc",
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const names = network === "host" ? [...ALWAYS, ...NETWORK] : ALWAYS;
  await Promise.all(names.map((name) => copy(join(source, name), join(folder, name))));
  const users = uids.map((uid, i) => ({ name: i === 0 ? "function" : `function${i}`, uid }));
  const passwd = users.map(({ name, uid }) => `${name}:x:${uid}:${uid}::/tmp:/bin/sh\n`);
  const group = users.map(({ name, uid }) => `${name}:x:${uid}:\n`);
  await writeFile(join(folder, "passwd"), `root:x:0:0:root:/root:/bin/sh\n${passwd.join("")}`);
  await writeFile(join(folder, "group"), `root:x:0:\n${group.join("")}`);
  if (network === "host") await writeFile(join(folder, "resolv.conf"), "");
}

/** A thousand entries, most of them links: at once, beside whatever else the start waits for. */
async function copy(from: string, to: string): Promise<void> {
  if (SECRET.test(from)) return;
  try {
    const stats = await lstat(from);
    if (stats.isSymbolicLink()) await symlink(await readlink(from), to);
    else if (stats.isFile()) await copyFile(from, to);
    else if (stats.isDirectory()) await copyFolder(from, to);
  } catch {
    // Not on this machine, or not for us to read: functions do without.
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to);
  // Whatever the umask: functions run as other users.
  await chmod(to, 0o755);
  const names = await readdir(from);
  await Promise.all(names.map((name) => copy(join(from, name), join(to, name))));
}

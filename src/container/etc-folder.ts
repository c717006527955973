/**
 * The /etc of the sandbox: a folder made once from the few files that programs need. One mount
 * instead of a dozen saves a millisecond at each start of a container.
 */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
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
export function makeEtcFolder(
  folder: string,
  network: NetworkLevel,
  uids: readonly number[],
  source = "/etc",
): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  for (const name of network === "host" ? [...ALWAYS, ...NETWORK] : ALWAYS) {
    copy(join(source, name), join(folder, name));
  }
  const users = uids.map((uid, i) => ({ name: i === 0 ? "function" : `function${i}`, uid }));
  const passwd = users.map(({ name, uid }) => `${name}:x:${uid}:${uid}::/tmp:/bin/sh\n`);
  const group = users.map(({ name, uid }) => `${name}:x:${uid}:\n`);
  writeFileSync(join(folder, "passwd"), `root:x:0:0:root:/root:/bin/sh\n${passwd.join("")}`);
  writeFileSync(join(folder, "group"), `root:x:0:\n${group.join("")}`);
  if (network === "host") writeFileSync(join(folder, "resolv.conf"), "");
}

function copy(from: string, to: string): void {
  try {
    const filter = (path: string) => !SECRET.test(path);
    cpSync(from, to, { recursive: true, verbatimSymlinks: true, filter });
  } catch {
    // Not on this machine, or not for us to read: functions do without.
  }
}

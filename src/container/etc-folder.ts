/**
 * The /etc of the sandbox: a folder made once from the few files that programs need. One mount
 * instead of a dozen saves a millisecond at each start of a container. Only the folders with
 * hundreds of links are mounted: to copy them takes longer than all else that a start of the
 * platform does.
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
/** Shown as they are, where nothing in them is secret when the platform starts. */
const LARGE: ReadonlySet<string> = new Set(["alternatives", "ssl/certs", "pki/ca-trust/extracted"]);
/** Keys of the machine's own services. */
const SECRET = /\/(private|secret[^/]*|[^/]*\.key)$/;

export type EtcFolder = {
  readonly folder: string;
  /** Folders below /etc of which it has only the mount points: "ssl/certs". */
  readonly mounted: readonly string[];
};

/**
 * Makes `folder`. Users: root, and one name per uid that a container may have.
 * `source` is the machine's /etc.
 */
export async function makeEtcFolder(
  folder: string,
  network: NetworkLevel,
  uids: readonly number[],
  source = "/etc",
): Promise<EtcFolder> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const names = network === "host" ? [...ALWAYS, ...NETWORK] : ALWAYS;
  const copy = new Copy(source, folder);
  await Promise.all(names.map((name) => copy.take(name)));
  const users = uids.map((uid, i) => ({ name: i === 0 ? "function" : `function${i}`, uid }));
  const passwd = users.map(({ name, uid }) => `${name}:x:${uid}:${uid}::/tmp:/bin/sh\n`);
  const group = users.map(({ name, uid }) => `${name}:x:${uid}:\n`);
  await writeFile(join(folder, "passwd"), `root:x:0:0:root:/root:/bin/sh\n${passwd.join("")}`);
  await writeFile(join(folder, "group"), `root:x:0:\n${group.join("")}`);
  if (network === "host") await writeFile(join(folder, "resolv.conf"), "");
  return { folder, mounted: copy.mounted };
}

/** Of names below `source`, at once, beside whatever else the start waits for. */
class Copy {
  readonly mounted: string[] = [];
  private readonly source: string;
  private readonly folder: string;

  constructor(source: string, folder: string) {
    this.source = source;
    this.folder = folder;
  }

  async take(name: string): Promise<void> {
    const from = join(this.source, name);
    const to = join(this.folder, name);
    if (SECRET.test(from)) return;
    try {
      const stats = await lstat(from);
      if (stats.isSymbolicLink()) await symlink(await readlink(from), to);
      else if (stats.isFile()) await copyFile(from, to);
      else if (stats.isDirectory()) await this.takeFolder(name, from, to);
    } catch {
      // Not on this machine, or not for us to read: functions do without.
    }
  }

  private async takeFolder(name: string, from: string, to: string): Promise<void> {
    await mkdir(to);
    // Whatever the umask: functions run as other users.
    await chmod(to, 0o755);
    if (LARGE.has(name) && (await hasNoSecret(from))) {
      this.mounted.push(name);
      return;
    }
    const names = await readdir(from);
    await Promise.all(names.map((each) => this.take(`${name}/${each}`)));
  }
}

/** False also when some of it cannot be read: then the rest is copied. */
async function hasNoSecret(folder: string): Promise<boolean> {
  const names = await readdir(folder, { recursive: true }).catch(() => ["private"]);
  return !names.some((name) => SECRET.test(`/${name}`));
}

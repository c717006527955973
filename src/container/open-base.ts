/**
 * Folder of the levels without a file system of their own: each container's writable folder, and
 * what an unprivileged uid must be able to read.
 */
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export type OpenBase = {
  /** Containers' folders lie directly in here, with `node_modules` beside them. */
  readonly folder: string;
  /** Launchers by language folder. */
  readonly launchers: string;
};

/** Whether every user may go into all folders on the way and read what is there. */
export function isOpenToAll(path: string): boolean {
  try {
    const mode = statSync(path).mode;
    if ((mode & 0o004) === 0) return false;
    for (let folder = path; folder !== dirname(folder); ) {
      folder = dirname(folder);
      if ((statSync(folder).mode & 0o001) === 0) return false;
    }
    return true;
  } catch {
    return false;
  }
}

/** Copies what other uids cannot read where it lies. */
export function makeOpenBase(
  name: string,
  launchers: string,
  npmModules: string | undefined,
  dropsUid: boolean,
): OpenBase {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  const containers = join(folder, "containers");
  // 0711: a function may go through to its own folder and cannot list the others.
  mkdirSync(containers);
  for (const path of [folder, containers]) chmodSync(path, 0o711);
  const readable = !dropsUid || isOpenToAll(launchers);
  const shown = readable ? launchers : join(folder, "launchers");
  if (!readable) cpSync(launchers, shown, { recursive: true });
  if (npmModules !== undefined) {
    const link = join(containers, "node_modules");
    if (!dropsUid || isOpenToAll(npmModules)) symlinkSync(npmModules, link);
    else cpSync(npmModules, link, { recursive: true });
  }
  return { folder: containers, launchers: shown };
}

export function removeOpenBase(base: OpenBase): void {
  rmSync(dirname(base.folder), { recursive: true, force: true });
}

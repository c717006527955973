/**
 * The command line that starts one function process at each isolation level. Pure: what the machine
 * offers was found out before (isolation.ts).
 */
import type { IsolationLevel, NetworkLevel } from "./driver.ts";
import type { EtcFolder } from "./etc-folder.ts";

/** Paths of the helper programs found on this machine. */
export type Tools = {
  readonly bwrap?: string;
  readonly unshare?: string;
  readonly setpriv?: string;
  readonly prlimit?: string;
  readonly mount?: string;
};

/** How a process stops being root: own uid each, a user namespace, or not at all. */
export type UidMode = "own" | "namespace" | "same";

export type Level = {
  readonly isolation: IsolationLevel;
  readonly uidMode: UidMode;
  readonly network: NetworkLevel;
};

export type Limit = { readonly name: "nproc" | "data"; readonly value: number };

export type SandboxPlan = {
  readonly level: Level;
  readonly tools: Tools;
  /** Interpreter and its arguments; with "{launcher}" and "{tmp}" for folders as seen inside. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Mounted read-only at the same path. */
  readonly prefixes: readonly string[];
  readonly launcherFolder: string;
  /** Folder mounted as /node_modules. */
  readonly modulesFolder?: string;
  /** Own writable folder, at the levels that have no private /tmp. */
  readonly tmpFolder: string;
  readonly tmpBytesMax: number;
  readonly uid: number;
  readonly limits: readonly Limit[];
  /** Shown as /etc. */
  readonly etc: EtcFolder;
  /** Socket of the way to the API when there is no network. */
  readonly apiSocket?: string;
  /** Symbolic links of the root such as /lib → usr/lib, as found on this machine. */
  readonly rootLinks: readonly { readonly path: string; readonly target: string }[];
  /** Real folders of the root to show: /usr, and /lib where it is no link. */
  readonly rootFolders: readonly string[];
};

/** Own writable folder of a process, made before it starts. */
export type TmpFolder = { readonly path: string; readonly uid?: number };

export type SandboxCommand = {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** To be made before, removed after. */
  readonly tmp?: TmpFolder;
};

/** uid and gid inside a user namespace. */
export const SANDBOX_UID = 1000;
const LAUNCHER_MOUNT = "/launcher";
export const API_SOCKET_MOUNT = "/run/api.sock";

export function sandboxCommand(plan: SandboxPlan): SandboxCommand {
  switch (plan.level.isolation) {
    case "bwrap":
      return bwrapCommand(plan);
    case "unshare":
      return unshareCommand(plan);
    case "none":
      return plainCommand(plan);
  }
}

function bwrapCommand(plan: SandboxPlan): SandboxCommand {
  const inner = innerCommand(plan, LAUNCHER_MOUNT, "/tmp");
  const args = [
    ...namespaces(plan),
    "--new-session",
    "--die-with-parent",
    ...capabilities(plan),
    ...rootMounts(plan),
    ...etcMounts(plan),
    ...privateMounts(plan),
    // After /tmp is covered: an interpreter may lie below it.
    ...interpreterMounts(plan),
    ...environment(plan, "/tmp"),
    ...["--chdir", "/tmp", "--remount-ro", "/", "--"],
    ...(plan.level.uidMode === "own" ? dropTo(plan, inner) : limited(plan, inner)),
  ];
  return { command: plan.tools.bwrap ?? "bwrap", args, env: {}, cwd: "/" };
}

function namespaces(plan: SandboxPlan): string[] {
  const args = ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"];
  args.push("--hostname", "function");
  if (plan.level.network === "none") args.push("--unshare-net");
  if (plan.level.uidMode === "namespace") {
    const id = String(SANDBOX_UID);
    args.push("--unshare-user", "--uid", id, "--gid", id);
  }
  return args;
}

function capabilities(plan: SandboxPlan): string[] {
  const args = ["--cap-drop", "ALL"];
  // Only for setpriv, which gives them up before the interpreter starts.
  if (plan.level.uidMode === "own") {
    for (const capability of ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"]) {
      args.push("--cap-add", capability);
    }
  }
  return args;
}

function rootMounts(plan: SandboxPlan): string[] {
  const args: string[] = [];
  for (const folder of plan.rootFolders) args.push("--ro-bind", folder, folder);
  for (const { path, target } of plan.rootLinks) args.push("--symlink", target, path);
  return args;
}

function interpreterMounts(plan: SandboxPlan): string[] {
  const args: string[] = [];
  for (const prefix of plan.prefixes) {
    if (plan.rootFolders.some((folder) => prefix === folder || prefix.startsWith(`${folder}/`))) {
      continue;
    }
    // Made by bwrap itself, the folders above would be closed to the container's uid.
    for (const folder of ancestors(prefix)) args.push("--perms", "0755", "--dir", folder);
    args.push("--ro-bind", prefix, prefix);
  }
  return args;
}

/** /a/b/c → /a, /a/b. */
function ancestors(path: string): string[] {
  const parts = path.split("/").slice(1, -1);
  return parts.map((_, i) => `/${parts.slice(0, i + 1).join("/")}`);
}

function etcMounts(plan: SandboxPlan): string[] {
  const args = ["--ro-bind", plan.etc.folder, "/etc"];
  for (const name of plan.etc.mounted) args.push("--ro-bind-try", `/etc/${name}`, `/etc/${name}`);
  // Not part of the folder: it changes when the machine changes its network.
  if (plan.level.network === "host") {
    args.push("--ro-bind-try", "/etc/resolv.conf", "/etc/resolv.conf");
  }
  return args;
}

function privateMounts(plan: SandboxPlan): string[] {
  const size = String(plan.tmpBytesMax);
  const args = ["--proc", "/proc", "--dev", "/dev"];
  args.push("--perms", "1777", "--size", size, "--tmpfs", "/dev/shm", "--remount-ro", "/dev");
  args.push("--perms", "1777", "--size", size, "--tmpfs", "/tmp");
  args.push("--ro-bind", plan.launcherFolder, LAUNCHER_MOUNT);
  if (plan.modulesFolder !== undefined) {
    args.push("--ro-bind", plan.modulesFolder, "/node_modules");
  }
  if (plan.apiSocket !== undefined) {
    args.push("--dir", "/run", "--bind", plan.apiSocket, API_SOCKET_MOUNT);
  }
  return args;
}

function environment(plan: SandboxPlan, home: string): string[] {
  const args = ["--clearenv"];
  for (const [name, value] of Object.entries(fullEnvironment(plan, home))) {
    args.push("--setenv", name, value);
  }
  return args;
}

function fullEnvironment(plan: SandboxPlan, home: string): Record<string, string> {
  const bin = plan.prefixes.map((prefix) => `${prefix}/bin`);
  const path = [...new Set([...bin, "/usr/local/bin", "/usr/bin", "/bin"])].join(":");
  const tmp = home === "/tmp" ? {} : { TMPDIR: home };
  return { PATH: path, HOME: home, LANG: "C.UTF-8", ...tmp, ...plan.env };
}

function innerCommand(plan: SandboxPlan, launcher: string, tmp: string): string[] {
  return plan.command.map((word) => word.replace("{launcher}", launcher).replace("{tmp}", tmp));
}

function limited(plan: SandboxPlan, command: readonly string[]): string[] {
  if (plan.limits.length === 0 || plan.tools.prlimit === undefined) return [...command];
  const flags = plan.limits.map(({ name, value }) => `--${name}=${value}:${value}`);
  return [plan.tools.prlimit, ...flags, "--", ...command];
}

/** Becomes the container's uid with no privileges; the limits count for that uid. */
function dropTo(plan: SandboxPlan, command: readonly string[], extra: string[] = []): string[] {
  const id = String(plan.uid);
  return limited(plan, [
    plan.tools.setpriv ?? "setpriv",
    ...["--reuid", id, "--regid", id, "--clear-groups"],
    ...["--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"],
    ...extra,
    ...["--", ...command],
  ]);
}

/** Process, mount and IPC namespaces of unshare(1); the machine's files stay visible. */
function unshareCommand(plan: SandboxPlan): SandboxCommand {
  const inner = innerCommand(plan, plan.launcherFolder, plan.tmpFolder);
  const own = plan.level.uidMode === "own";
  const flags = ["--pid", "--fork", "--kill-child=KILL", "--mount-proc", "--ipc", "--uts"];
  if (!own) flags.unshift("--user", "--map-root-user");
  if (plan.level.network === "none") flags.push("--net");
  const dropped = own ? dropTo(plan, inner) : withoutPrivileges(plan, inner);
  return {
    command: plan.tools.unshare ?? "unshare",
    args: [...flags, "--", ...dropped],
    env: fullEnvironment(plan, plan.tmpFolder),
    cwd: "/",
    tmp: tmpOf(plan),
  };
}

function tmpOf(plan: SandboxPlan): TmpFolder {
  const { uidMode } = plan.level;
  return { path: plan.tmpFolder, ...(uidMode === "own" ? { uid: plan.uid } : {}) };
}

function withoutPrivileges(plan: SandboxPlan, command: readonly string[]): string[] {
  if (plan.tools.setpriv === undefined) return limited(plan, command);
  const flags = ["--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"];
  return limited(plan, [plan.tools.setpriv, ...flags, "--", ...command]);
}

function plainCommand(plan: SandboxPlan): SandboxCommand {
  const inner = innerCommand(plan, plan.launcherFolder, plan.tmpFolder);
  const words = plainWords(plan, inner);
  const [command = "", ...args] = words;
  const env = fullEnvironment(plan, plan.tmpFolder);
  return { command, args, env, cwd: "/", tmp: tmpOf(plan) };
}

function plainWords(plan: SandboxPlan, inner: readonly string[]): string[] {
  if (plan.tools.setpriv === undefined) return limited(plan, inner);
  // Dies with the spawner, also when that one is killed.
  const dieWithParent = ["--pdeathsig", "KILL"];
  if (plan.level.uidMode === "own") return dropTo(plan, inner, dieWithParent);
  return limited(plan, [plan.tools.setpriv, ...dieWithParent, "--no-new-privs", "--", ...inner]);
}

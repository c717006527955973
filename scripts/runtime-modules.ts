/**
 * Makes dist/runtime-modules/node_modules: the npm packages that Node kinds have on board, with
 * their dependencies, copied from node_modules. The sandbox shows this folder to functions.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What the original's image has on board (nodejs 18 and 20); absent ones are left out and told. */
export const PACKAGES_ON_BOARD = [
  "openwhisk",
  "express",
  "serialize-error",
  "redis",
  "uuid",
] as const;

type Manifest = {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};

/**
 * Folders below `root` (as "node_modules/a" or "node_modules/a/node_modules/b") of the packages and
 * everything they need, found as Node.js finds them.
 */
export function closure(root: string, names: readonly string[]): string[] {
  const found = new Set<string>();
  const waiting = names.map((name) => ({ name, from: "" }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const folder = locate(root, next.name, next.from);
    if (folder === undefined || found.has(folder)) continue;
    found.add(folder);
    const manifest = JSON.parse(
      readFileSync(join(root, folder, "package.json"), "utf8"),
    ) as Manifest;
    for (const name of Object.keys({
      ...manifest.dependencies,
      ...manifest.optionalDependencies,
    })) {
      waiting.push({ name, from: folder });
    }
  }
  return [...found].sort();
}

/** Nearest node_modules that has the package, going up from the package `from`. */
function locate(root: string, name: string, from: string): string | undefined {
  const parts = from === "" ? [] : from.split("/node_modules/");
  for (let length = parts.length; length >= 0; length--) {
    const above = parts.slice(0, length).join("/node_modules/");
    const folder = above === "" ? `node_modules/${name}` : `${above}/node_modules/${name}`;
    if (existsSync(join(root, folder, "package.json"))) return folder;
  }
  return undefined;
}

/** Copies the closure; complete or not at all (a stopped build leaves no half folder). */
export function buildRuntimeModules(root: string): { readonly missing: readonly string[] } {
  const target = join(root, "dist", "runtime-modules");
  const fresh = `${target}.${process.pid}`;
  mkdirSync(join(fresh, "node_modules"), { recursive: true });
  const folders = closure(root, PACKAGES_ON_BOARD);
  for (const folder of folders) {
    cpSync(join(root, folder), join(fresh, folder), {
      recursive: true,
      filter: (source) => !source.slice(join(root, folder).length).includes("node_modules"),
    });
  }
  rmSync(target, { recursive: true, force: true });
  renameSync(fresh, target);
  return { missing: PACKAGES_ON_BOARD.filter((name) => !folders.includes(`node_modules/${name}`)) };
}

if (import.meta.main) {
  const { missing } = buildRuntimeModules(fileURLToPath(new URL("..", import.meta.url)));
  for (const name of missing) console.error(`runtime-modules: ${name} is not installed`);
}

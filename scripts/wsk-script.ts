/**
 * Makes one file of the compiled client and the packages that it uses: `dist/wsk.cjs`. The modules
 * stay as they are, as texts; a hook of the loader finds them there instead of on the disk.
 */
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

type Module = {
  readonly format: "module" | "commonjs";
  readonly source: string;
  /** From what stands in an import to the name of the module. */
  readonly links: Readonly<Record<string, string>>;
};

/** What the one module that reads the package's own file says instead. */
const VERSION_MODULE = "dist/cli/wsk/client-version.js";
const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\(\s*)["']([^"'\n]+)["']/g;

/** Modules by name, the path below the checkout; the entry and all that it reaches. */
function collect(root: string, entry: string, version: string): Record<string, Module> {
  const modules: Record<string, Module> = {};
  const visit = (url: string): string => {
    const name = relative(root, fileURLToPath(url));
    if (Object.hasOwn(modules, name)) return name;
    const source =
      name === VERSION_MODULE
        ? `export const clientVersion = () => ${JSON.stringify(version)};`
        : readFileSync(new URL(url), "utf8").replace(/^\/\/# sourceMappingURL=.*$/gm, "");
    const links: Record<string, string> = {};
    modules[name] = { format: formatOf(root, name), source, links };
    for (const specifier of importsOf(source)) {
      const target = resolve(specifier, url, modules[name].format);
      if (target !== undefined) links[specifier] = visit(target);
    }
    return name;
  };
  visit(pathToFileURL(join(root, entry)).href);
  return modules;
}

function importsOf(source: string): readonly string[] {
  const found = [...source.matchAll(IMPORT)].map((match) => match[1] ?? "");
  return [...new Set(found)].filter((name) => !isBuiltin(name));
}

/** The file's URL; undefined for a package that is not there: what is tried, or only looks so. */
function resolve(specifier: string, from: string, format: Module["format"]): string | undefined {
  if (format === "module" && specifier.startsWith(".")) return new URL(specifier, from).href;
  try {
    return format === "module"
      ? import.meta.resolve(specifier)
      : pathToFileURL(createRequire(from).resolve(specifier)).href;
  } catch {
    return undefined;
  }
}

function formatOf(root: string, name: string): Module["format"] {
  if (name.endsWith(".cjs")) return "commonjs";
  if (name.startsWith("dist/") || name.endsWith(".mjs")) return "module";
  const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(name)?.[1] ?? "";
  const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
  return (manifest as { readonly type?: string }).type === "module" ? "module" : "commonjs";
}

/** Runs as a CommonJS and as an ES module: a file without an ending may be taken for either. */
function loader(modules: Record<string, Module>, entry: string, version: string): string {
  return `#!/usr/bin/env node
// wsk ${version} of Meringue, in one file. Apache License 2.0.
"use strict";
(() => {
  const { registerHooks, createRequire } = process.getBuiltinModule?.("node:module") ?? {};
  if (registerHooks === undefined || Number.parseInt(process.versions.node, 10) < 24) {
    console.error("wsk needs Node.js 24 or newer, this is " + process.versions.node);
    process.exit(1);
  }
  const modules = ${JSON.stringify(modules)};
  const base = "file:///meringue-wsk/";
  const own = (url) => (url?.startsWith(base) ? modules[url.slice(base.length)] : undefined);
  registerHooks({
    resolve(specifier, context, next) {
      const name = specifier.startsWith(base)
        ? specifier.slice(base.length)
        : own(context.parentURL)?.links[specifier];
      if (name === undefined) return next(specifier, context);
      return { url: base + name, format: modules[name].format, shortCircuit: true };
    },
    load(url, context, next) {
      const module = own(url);
      if (module === undefined) return next(url, context);
      return { format: module.format, source: module.source, shortCircuit: true };
    },
  });
  createRequire("/meringue-wsk/")(base + ${JSON.stringify(entry)});
})();
`;
}

/** Writes dist/wsk.cjs out of dist/cli/wsk.js. */
export function buildWskScript(root: string): void {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const { version } = manifest as { readonly version: string };
  const entry = "dist/cli/wsk.js";
  const file = join(root, "dist", "wsk.cjs");
  writeFileSync(file, loader(collect(root, entry, version), entry, version));
  chmodSync(file, 0o755);
}

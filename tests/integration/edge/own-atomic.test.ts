/** Executables of Node.js that no longer ask for libatomic, run for real. */
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bringOwnAtomic } from "../../../src/edge/own-atomic.ts";
import { runProgram } from "../../helpers/program.ts";
import { tempDir } from "../../helpers/temp-dir.ts";

/** The program's own linker lists what it would load. */
async function libraries(file: string): Promise<string> {
  return (await runProgram(file, [], { env: { LD_TRACE_LOADED_OBJECTS: "1" } })).stdout;
}

const asks = (await libraries(process.execPath)).includes("libatomic.so.1");

/** Functions and WebAssembly made in many threads at once: all take entries of one table. */
const script = `
const { Worker, isMainThread } = require("node:worker_threads");
const wasm = new Uint8Array([0,97,115,109,1,0,0,0,1,5,1,96,0,1,127,3,2,1,0,7,5,1,1,102,0,0,10,6,1,4,0,65,42,11]);
let sum = 0;
for (let i = 0; i < 20000; i += 1) sum += new Function("return " + i)();
for (let i = 0; i < 200; i += 1) sum += new WebAssembly.Instance(new WebAssembly.Module(wasm)).exports.f();
if (sum !== 199990000 + 200 * 42) process.exit(3);
if (isMainThread) for (let i = 0; i < 4; i += 1) new Worker(__filename).on("exit", (code) => { process.exitCode ||= code; });
`;

test.skipIf(!asks || process.arch !== "x64")(
  "a Node.js that needs libatomic (x64) does without it, and works on",
  async () => {
    await using folder = await tempDir("atomic");
    const node = join(folder.path, "node");
    const file = join(folder.path, "script.cjs");
    await copyFile(process.execPath, node);
    await writeFile(file, script);
    expect(await bringOwnAtomic(node)).toBe(true);
    const listed = await libraries(node);
    expect(listed).toContain("libstdc++");
    expect(listed).not.toContain("libatomic");
    expect(await runProgram(node, [file])).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await bringOwnAtomic(node)).toBe(false);
  },
);

test.each(["/bin/sh", "a text"])("%s is left as it is", async (what) => {
  await using folder = await tempDir("atomic");
  const file = join(folder.path, "file");
  if (what === "/bin/sh") await copyFile(what, file);
  else await writeFile(file, what.repeat(20));
  const before = await readFile(file);
  expect(await bringOwnAtomic(file)).toBe(false);
  expect(before.equals(await readFile(file))).toBe(true);
});

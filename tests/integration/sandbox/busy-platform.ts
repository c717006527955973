/** A platform that runs one endless function, to be killed: `busy-platform.ts <isolation> <folder>`. */
import { join } from "node:path";
import { discoverRuntimes } from "../../../src/container/interpreters.ts";
import { createProcessDriver } from "../../../src/container/process.ts";

const [, , isolation, folder = ""] = process.argv;
const runtimes = await discoverRuntimes({
  path: process.env["PATH"] ?? "",
  platformNode: process.execPath,
});
const driver = createProcessDriver({
  isolation: isolation === "bwrap" ? "bwrap" : "none",
  network: "host",
  runtimes,
  folder: join(folder, "run"),
  apiHostUrl: "http://127.0.0.1:3233",
  logger: () => {},
});
await driver.start();
const runtime = [...runtimes.keys()].find((name) => name.startsWith("nodejs:")) ?? "";
const container = driver.create({ name: "busy", runtime, memoryMb: 256 });
await container.ready;
const code = `function main() {
  require('child_process').spawn('/bin/sh', ['-c', 'sleep 600; : busy-${process.pid}']);
  for (;;);
}`;
const init = JSON.stringify({ value: { main: "main", code } });
const limits = { concurrency: 1, logBytesMax: 0, responseBytesMax: 1000, truncationBytes: 1000 };
container.init({ payload: init, ...limits }, () => {
  container.run("a", '{"value":{}}', () => {});
  setImmediate(() => console.log("busy"));
});

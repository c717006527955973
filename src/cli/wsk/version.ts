/** Version of the client: that of the package it comes with. */
import { readFileSync } from "node:fs";

export function clientVersion(): string {
  const file = new URL("../../../package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { readonly version: string };
  return version;
}

const SYSTEMS: Readonly<Record<string, string>> = { win32: "windows" };
const MACHINES: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };

/** `OpenWhisk-CLI/1.0 (0.1.0) linux amd64` */
export function userAgent(): string {
  const system = SYSTEMS[process.platform] ?? process.platform;
  const machine = MACHINES[process.arch] ?? process.arch;
  return `OpenWhisk-CLI/1.0 (${clientVersion()}) ${system} ${machine}`;
}

/** What the client calls itself towards the server. */
import { clientVersion } from "./client-version.ts";

const SYSTEMS: Readonly<Record<string, string>> = { win32: "windows" };
const MACHINES: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };

/** `OpenWhisk-CLI/1.0 (0.1.0) linux amd64` */
export function userAgent(): string {
  const system = SYSTEMS[process.platform] ?? process.platform;
  const machine = MACHINES[process.arch] ?? process.arch;
  return `OpenWhisk-CLI/1.0 (${clientVersion()}) ${system} ${machine}`;
}

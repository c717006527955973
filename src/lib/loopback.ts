import { isIPv4 } from "node:net";

/** True when only this machine can reach a listener at `host` (name or address). */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  if (name === "localhost" || name === "::1" || name === "[::1]") return true;
  return isIPv4(name) && name.startsWith("127.");
}

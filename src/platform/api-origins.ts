/** Under which origins this program's API is reached from this machine. */
import { networkInterfaces } from "node:os";

/** "http://127.0.0.1:3233"; with every address of the machine when the API listens at all. */
export function apiOrigins(host: string, port: number): ReadonlySet<string> {
  const origins = hostsOf(host.toLowerCase()).map((name) => `http://${name}`);
  const plain = port === 80 ? origins : [];
  return new Set([...origins.map((origin) => `${origin}:${port}`), ...plain]);
}

function hostsOf(host: string): readonly string[] {
  const isEverywhere = host === "0.0.0.0" || host === "::";
  if (isEverywhere) return ["localhost", ...ownAddresses(host === "::")];
  if (host === "127.0.0.1" || host === "localhost") return ["localhost", "127.0.0.1"];
  return [bracketed(host)];
}

function ownAddresses(hasSix: boolean): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family }) => hasSix || family === "IPv4")
    .map(({ address }) => bracketed(address.toLowerCase()));
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

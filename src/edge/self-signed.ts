/** The certificate of a server that was given none: made once, kept, renewed in time. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { join } from "node:path";
import type { KeyPair } from "../lib/http-listener.ts";

const DAY_MS = 86_400_000;
/** Some clients refuse a longer life even where they trust the issuer. */
const VALID_MS = 397 * DAY_MS;
const RENEW_BEFORE_MS = 30 * DAY_MS;
/** Clocks differ: it was valid a little before it was made. */
const SKEW_MS = 3_600_000;

/** The names that a server's certificate holds: host names, wildcards below them, addresses. */
export function certificateNames(server: {
  readonly machineName: string;
  /** Hosts and addresses that it listens on. */
  readonly listenHosts: readonly string[];
  readonly vanityHosts: readonly string[];
}): readonly string[] {
  const everywhere = new Set(["0.0.0.0", "::"]);
  const names = [
    "localhost",
    server.machineName,
    "127.0.0.1",
    "::1",
    ...server.listenHosts.filter((host) => !everywhere.has(host)),
    ...server.vanityHosts.flatMap((host) => [host, `*.${host}`]),
  ];
  return [...new Set(names.map((name) => name.toLowerCase()))].filter((name) => name !== "");
}

/** Why the pair cannot stay in use; undefined when it can. */
export function staleness(
  pair: KeyPair,
  names: readonly string[],
  nowMs: number,
): string | undefined {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pair.cert);
    if (!certificate.checkPrivateKey(createPrivateKey(pair.key))) return "key of another one";
  } catch {
    return "unreadable";
  }
  if (Date.parse(certificate.validTo) - nowMs < RENEW_BEFORE_MS) return "expires";
  if (Date.parse(certificate.validFrom) > nowMs) return "not valid yet";
  return names.every((name) => holds(certificate, name)) ? undefined : "lacks a name";
}

function holds(certificate: X509Certificate, name: string): boolean {
  if (isIP(name) !== 0) return certificate.checkIP(name) !== undefined;
  return (certificate.subjectAltName ?? "").split(", ").includes(`DNS:${name}`);
}

/**
 * The pair of the folder, made anew when it is missing or stale. Rejects when the folder cannot be
 * written.
 */
export async function selfSignedPair(
  folder: string,
  names: readonly string[],
  nowMs: number,
): Promise<KeyPair> {
  const kept = await readPair(join(folder, "cert.pem"), join(folder, "key.pem")).catch(
    () => undefined,
  );
  if (kept !== undefined && staleness(kept, names, nowMs) === undefined) return kept;
  const pair = await makePair(names, nowMs);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // A pair cut in two by a crash does not fit together, and is made again.
  await replaceFile(join(folder, "key.pem"), pair.key, 0o600);
  await replaceFile(join(folder, "cert.pem"), pair.cert, 0o644);
  return pair;
}

export async function readPair(certPath: string, keyPath: string): Promise<KeyPair> {
  const [cert, key] = await Promise.all([readFile(certPath, "utf8"), readFile(keyPath, "utf8")]);
  return { cert, key };
}

async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const next = `${path}.${process.pid}.tmp`;
  await writeFile(next, text, { mode });
  await rename(next, path);
}

async function makePair(names: readonly string[], nowMs: number): Promise<KeyPair> {
  // Large, and needed once a year.
  const { generate } = await import("selfsigned");
  const made = await generate([{ name: "commonName", value: "Meringue" }], {
    keyType: "ec",
    algorithm: "sha256",
    notBeforeDate: new Date(nowMs - SKEW_MS),
    notAfterDate: new Date(nowMs + VALID_MS),
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: names.map((name) =>
          isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name },
        ),
      },
    ],
  });
  return { cert: made.cert, key: made.private };
}

/** What variables tell of the certificate that a client has shown, in nginx's forms. */
import type { X509Certificate } from "node:crypto";
import type { Connection } from "./request-context.ts";
import type { VariableValue } from "./template.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** Of a certificate that was accepted; of any other nothing is told but that it is none. */
const MEMBERS: Readonly<Record<string, (certificate: X509Certificate) => VariableValue>> = {
  s_dn: ({ subject }) => distinguishedName(subject),
  i_dn: ({ issuer }) => distinguishedName(issuer),
  serial: ({ serialNumber }) => serialNumber,
  fingerprint: ({ fingerprint }) => fingerprint.replaceAll(":", "").toLowerCase(),
  v_start: ({ validFrom }) => validFrom,
  v_end: ({ validTo }) => validTo,
  v_remain: ({ validTo }) => Math.max(0, Math.floor((Date.parse(validTo) - Date.now()) / DAY_MS)),
  cert: (certificate) => pem(certificate).replaceAll("\n", "\n\t"),
  raw_cert: pem,
  escaped_cert: (certificate) => encodeURIComponent(pem(certificate)),
};

/** `ssl_client_<name>`; without TLS unset. */
export function clientCertificateVariable(tls: Connection["tls"], name: string): VariableValue {
  if (tls === undefined) return undefined;
  const certificate = tls.clientCertificate?.();
  if (name === "verify") return certificate === undefined ? "NONE" : "SUCCESS";
  return certificate === undefined ? undefined : MEMBERS[name]?.(certificate);
}

function pem(certificate: X509Certificate): string {
  return certificate.toString().trimEnd();
}

/** As RFC 2253 writes it: the last part first; what is not ASCII as its bytes. */
function distinguishedName(lines: string): string {
  const name = lines.split("\n").reverse().join(",");
  return name.replace(/[^\0-\x7f]/gu, (sign) =>
    [...Buffer.from(sign)].map((byte) => `\\${byte.toString(16).toUpperCase()}`).join(""),
  );
}

/** Of the certificates that one name has, the one that a client can check. */
import { createPrivateKey } from "node:crypto";
import type { SecureContext, TLSSocket } from "node:tls";

/** What is known of a handshake before a certificate is chosen. */
export type Handshake = Pick<TLSSocket, "getProtocol" | "getSharedSigalgs">;

export type CertificateChoice = {
  readonly context: SecureContext;
  /** Of its key, as node names it: "rsa", "ec"; undefined when there is no choice. */
  readonly kind: string | undefined;
};

export function kindOfKey(key: string): string | undefined {
  return createPrivateKey(key).asymmetricKeyType;
}

/** The first that fits what both sides can do, in the order in which OpenSSL prefers it. */
export function chooseCertificate(
  choices: readonly CertificateChoice[],
  handshake: Handshake,
): SecureContext | undefined {
  const [first] = choices;
  if (choices.length < 2) return first?.context;
  const kinds = handshake.getSharedSigalgs().map(kindOfAlgorithm);
  // Before TLS 1.3 the ciphers have a say too, which is not known here: those for RSA all have.
  if (handshake.getProtocol() !== "TLSv1.3" && kinds.includes("rsa")) kinds.unshift("rsa");
  for (const kind of kinds) {
    const fitting = choices.find((choice) => choice.kind === kind);
    if (fitting !== undefined) return fitting.context;
  }
  return first?.context;
}

/** Of "RSA-PSS+SHA256", "ECDSA+SHA256", "Ed25519+UNDEF". */
function kindOfAlgorithm(algorithm: string): string {
  if (algorithm.startsWith("RSA")) return "rsa";
  if (algorithm.startsWith("ECDSA")) return "ec";
  return algorithm.split("+", 1)[0]?.toLowerCase() ?? "";
}

/** Checks of certificates and private keys (apisix/ssl.lua). */
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { JsonObject } from "../../core/documents.ts";
import { isSecretReference } from "../secrets.ts";
import type { Keyring } from "./sealing.ts";

/** `key` may be encrypted at rest. */
export function pairProblem(
  keyring: Keyring,
  cert: string,
  key: string | undefined,
): string | undefined {
  const wrong = certificateProblem(cert);
  if (wrong !== undefined) return `failed to parse cert: ${wrong}`;
  if (key === undefined) return undefined;
  const clear = key.startsWith("---") ? key : keyring.decrypt(key);
  if (!clear.startsWith("---")) return "failed to decrypt previous encrypted key";
  try {
    createPrivateKey(clear);
    return undefined;
  } catch {
    return "failed to parse key: PEM_read_bio_PrivateKey() failed";
  }
}

function certificateProblem(pem: string): string | undefined {
  try {
    new X509Certificate(pem);
    return undefined;
  } catch {
    return "PEM_read_bio_X509_AUX() failed";
  }
}

/** `conf` has passed the schema. */
export function sslProblem(keyring: Keyring, conf: JsonObject): string | undefined {
  const { cert, key, type, client } = conf;
  const problem = textsProblem(keyring, cert, key);
  if (problem !== undefined || type === "client") return problem;
  const certs = Array.isArray(conf["certs"]) ? conf["certs"] : [];
  const keys = Array.isArray(conf["keys"]) ? conf["keys"] : [];
  if (certs.length !== keys.length) return "mismatched number of certs and keys";
  for (const [index, one] of certs.entries()) {
    const wrong = textsProblem(keyring, one, keys[index]);
    if (wrong !== undefined) return `failed to handle cert-key pair[${index + 1}]: ${wrong}`;
  }
  const ca = (client as JsonObject | undefined)?.["ca"];
  const wrong = textsProblem(keyring, ca, undefined);
  return wrong && `failed to validate client_cert: ${wrong}`;
}

/** References to secrets cannot be looked into. */
function textsProblem(keyring: Keyring, cert: unknown, key: unknown): string | undefined {
  if (typeof cert !== "string" || isSecretReference(cert)) return undefined;
  if (typeof key === "string")
    return isSecretReference(key) ? undefined : pairProblem(keyring, cert, key);
  return pairProblem(keyring, cert, undefined);
}

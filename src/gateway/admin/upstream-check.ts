/** Checks of an upstream, by itself or inside a route (apisix/upstream.lua). */
import { isIPv6 } from "node:net";
import type { Json, JsonObject } from "../../core/documents.ts";
import { isObject } from "../schema/lua.ts";
import { HASH_HEADER, HASH_VARS, HASH_VARS_COMBINATIONS, UPSTREAM } from "../schema/upstream.ts";
import { Validator } from "../schema/validator.ts";
import { pairProblem } from "./certificate-check.ts";
import type { CheckServices } from "./resource.ts";

const SCHEMA = new Validator(UPSTREAM);
/** By `hash_on`; "consumer" needs no key. */
const KEYS: ReadonlyMap<unknown, Validator> = new Map([
  ["vars", new Validator(HASH_VARS)],
  ["header", new Validator(HASH_HEADER)],
  ["cookie", new Validator(HASH_HEADER)],
  ["vars_combinations", new Validator(HASH_VARS_COMBINATIONS)],
]);

export async function upstreamProblem(
  services: CheckServices,
  upstream: JsonObject,
  skipReferences = false,
): Promise<string | undefined> {
  const bare = skipReferences ? undefined : bareAddressProblem(upstream);
  if (bare !== undefined) return `invalid configuration: ${bare}`;
  const checked = SCHEMA.check(upstream);
  if (checked.problem !== undefined) return `invalid configuration: ${checked.problem}`;
  const conf = checked.value;
  return (
    portProblem(conf) ??
    (skipReferences ? undefined : await clientCertificateProblem(services, conf)) ??
    hostProblem(conf) ??
    certificateProblem(services, conf) ??
    hashProblem(conf)
  );
}

/** In files such hosts are taken; the Admin API wants them written as in a URL. */
function bareAddressProblem({ nodes }: JsonObject): string | undefined {
  const isBare = (node: Json): boolean => isObject(node) && isIPv6(String(node["host"]));
  return Array.isArray(nodes) && nodes.some(isBare)
    ? "IPv6 address must be enclosed with '[' and ']'"
    : undefined;
}

function portProblem({ nodes }: JsonObject): string | undefined {
  if (!isObject(nodes)) return undefined;
  for (const address of Object.keys(nodes)) {
    const port = portOf(address);
    if (port !== undefined && (port < 1 || port > 65_535)) return `invalid port ${port}`;
  }
  return undefined;
}

/** "host:80" and "[::1]:80" have one; "host", "::1" and "[::1]" have none. */
function portOf(address: string): number | undefined {
  const match = /^(?:\[[^\]]*\]|[^:]*):(\d+)$/u.exec(address);
  return match === null ? undefined : Number(match[1]);
}

async function clientCertificateProblem(
  { store }: CheckServices,
  { tls }: JsonObject,
): Promise<string | undefined> {
  const id = isObject(tls) ? tls["client_cert_id"] : undefined;
  if (id === undefined) return undefined;
  const found = await store.get(`/ssls/${id}`);
  const text = `failed to fetch ssl info by ssl id [${id}]`;
  if (found === undefined) return `${text}, response code: 404`;
  return found.value["type"] === "client" ? undefined : `${text}, wrong ssl type`;
}

function hostProblem({ pass_host, upstream_host }: JsonObject): string | undefined {
  if (pass_host !== "rewrite" || (upstream_host !== undefined && upstream_host !== "")) {
    return undefined;
  }
  return "`upstream_host` can't be empty when `pass_host` is `rewrite`";
}

function certificateProblem({ keyring }: CheckServices, { tls }: JsonObject): string | undefined {
  const { client_cert: cert, client_key: key } = isObject(tls) ? tls : {};
  return typeof cert === "string" && typeof key === "string"
    ? pairProblem(keyring, cert, key)
    : undefined;
}

function hashProblem({ type, hash_on, key }: JsonObject): string | undefined {
  if (type !== "chash") return undefined;
  if (hash_on !== "consumer" && key === undefined) return "missing key";
  const problem = KEYS.get(hash_on)?.check(key ?? null).problem;
  return problem && `invalid configuration: ${problem}`;
}

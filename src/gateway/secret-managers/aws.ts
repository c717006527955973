/** AWS Secrets Manager (apisix/secret/aws.lua): `GetSecretValue`, signed with version 4. */
import type { JsonObject } from "../../core/documents.ts";
import { HeaderList } from "../header-list.ts";
import { amzDate, sign } from "../plugins/lib/aws-signature.ts";
import {
  ANSWER_BYTES_MAX,
  type FetchSecret,
  fromEnvironment,
  MANAGER_MS,
  type ManagerServices,
  memberOf,
  parseObject,
} from "./manager.ts";

const SERVICE = "secretsmanager";
const NOT_FOUND = "ResourceNotFoundException";
const FAILED = "failed to retrieve data from aws secret manager";

type Found = { readonly text: string } | { readonly problem: string; readonly isMissing: boolean };

/**
 * A key is the name of a secret, and may have the name of a member of it behind a slash. Names of
 * secrets may have slashes too: the longest one that exists counts.
 */
export function aws(services: ManagerServices): FetchSecret {
  return async (conf, key) => {
    if (key === "" || key.startsWith("/")) throw new Error(`can't find main key, key: ${key}`);
    for (let end = key.length; ; end = key.lastIndexOf("/", end - 1)) {
      const found = await getSecretValue(services, conf, key.slice(0, end));
      if ("text" in found) {
        return end === key.length ? found.text : memberOf(found.text, key.slice(end + 1));
      }
      const isLast = key.lastIndexOf("/", end - 1) <= 0;
      if (!found.isMissing || isLast) throw new Error(`${FAILED}: ${found.problem}`);
    }
  };
}

async function getSecretValue(
  services: ManagerServices,
  conf: JsonObject,
  name: string,
): Promise<Found> {
  const origin = originOf(conf);
  const body = JSON.stringify({ SecretId: name, VersionStage: "AWSCURRENT" });
  const answer = await services.http({
    method: "POST",
    url: `${origin}/`,
    headers: signedHeaders(services, conf, origin, body),
    body,
    timeoutMs: MANAGER_MS,
  });
  const { status } = answer;
  const value = parseObject(await answer.text(ANSWER_BYTES_MAX));
  if (status !== 200) {
    const type = String(value?.["__type"] ?? "");
    const problem = `invalid status code ${status}${type === "" ? "" : `, ${type}`}`;
    return { problem, isMissing: type.includes(NOT_FOUND) };
  }
  const text = value?.["SecretString"];
  if (typeof text === "string") return { text };
  return { problem: "the secret is no text", isMissing: false };
}

/** Scheme, host and port; a path is not asked for. */
function originOf({ endpoint_url: endpoint, region }: JsonObject): string {
  if (typeof endpoint !== "string") return `https://${SERVICE}.${String(region)}.amazonaws.com`;
  return /^[^/]+:\/\/[^/?#]+/.exec(endpoint)?.[0] ?? endpoint;
}

function signedHeaders(
  { env, now }: ManagerServices,
  conf: JsonObject,
  origin: string,
  body: string,
): HeaderList {
  const date = amzDate(now());
  const { session_token: token } = conf;
  const headers = HeaderList.from({
    Host: origin.slice(origin.indexOf("//") + 2),
    "Content-Type": "application/x-amz-json-1.1",
    "X-Amz-Target": `${SERVICE}.GetSecretValue`,
    "X-Amz-Date": date,
  });
  if (token !== undefined) headers.set("X-Amz-Security-Token", fromEnvironment(env, String(token)));
  const signer = {
    accesskey: fromEnvironment(env, String(conf["access_key_id"])),
    secretkey: fromEnvironment(env, String(conf["secret_access_key"])),
    aws_region: String(conf["region"]),
    service: SERVICE,
  };
  const request = { method: "POST", path: "/", args: [], headers, body: Buffer.from(body) };
  headers.set("Authorization", sign(signer, request, date).authorization);
  return headers;
}

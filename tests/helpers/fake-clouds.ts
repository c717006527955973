/** The parts of two clouds that keep secrets, as far as the gateway speaks to them, on sockets. */
import { createHash, createHmac, createPublicKey, type KeyObject, verify } from "node:crypto";
import type { ServerResponse } from "node:http";
import { type Received, startUpstream, type TestUpstream } from "./gateway.ts";

export const AWS = { access_key_id: "AKIDEXAMPLE", secret_access_key: "wJalrXUtnFEMI" };

/** `GetSecretValue` of AWS Secrets Manager; checks the signature over what came on the wire. */
export function startFakeAws(
  secrets: Readonly<Record<string, string | null>>,
): Promise<TestUpstream> {
  return startUpstream((received, response) => {
    const fault = awsFault(received);
    if (fault !== undefined) return sendJson(response, 400, { __type: fault });
    const { SecretId: id, VersionStage: stage } = JSON.parse(received.body);
    const found = stage === "AWSCURRENT" ? secrets[id] : undefined;
    if (found === undefined) {
      return sendJson(response, 400, { __type: "com.amazonaws#ResourceNotFoundException" });
    }
    const value = found === null ? { SecretBinary: "AAEC" } : { SecretString: found };
    sendJson(response, 200, { Name: id, ...value });
  });
}

function awsFault({ method, url, headers, body }: Received): string | undefined {
  if (headers["x-amz-target"] !== "secretsmanager.GetSecretValue") return "UnknownOperation";
  if (headers["content-type"] !== "application/x-amz-json-1.1") return "Serialization";
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/secretsmanager\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? "",
    );
  const [, id, day = "", region = "", names = "", signature] = match ?? [];
  if (id !== AWS.access_key_id) return "UnrecognizedClientException";
  const date = String(headers["x-amz-date"]);
  for (const name of ["host", "x-amz-date", "x-amz-target"]) {
    if (!names.split(";").includes(name)) return "IncompleteSignature";
  }
  const lines = names.split(";").map((name) => `${name}:${headers[name]}\n`);
  const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
  const canonical = `${method}\n${url}\n\n${lines.join("")}\n${names}\n${hash(body)}`;
  const scope = `${day}/${region}/secretsmanager/aws4_request`;
  const text = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${hash(canonical)}`;
  let key = Buffer.from(`AWS4${AWS.secret_access_key}`);
  for (const step of [day, region, "secretsmanager", "aws4_request", text]) {
    key = createHmac("sha256", key).update(step).digest();
  }
  const isRight = date.startsWith(day) && key.toString("hex") === signature;
  return isRight ? undefined : "InvalidSignatureException";
}

export type FakeGoogle = TestUpstream & {
  /** How many tokens were given out. */
  tokens(): number;
  /** Claims of the last assertion. */
  claims(): Readonly<Record<string, unknown>>;
};

/** Token endpoint and Secret Manager of Google Cloud, for the project "apisix". */
export async function startFakeGoogle(options: {
  /** PEM of the service account's public key */
  readonly publicKey: string;
  readonly secrets: Readonly<Record<string, unknown>>;
  readonly expires_in?: number;
}): Promise<FakeGoogle> {
  const key = createPublicKey(options.publicKey);
  let tokens = 0;
  let claims: Readonly<Record<string, unknown>> = {};
  const upstream = await startUpstream(({ method, url, headers, body }, response) => {
    if (method === "POST" && url === "/token") {
      const form = new URLSearchParams(body);
      const read = readAssertion(form.get("assertion") ?? "", key);
      if (read === undefined) return sendJson(response, 401, { error: "invalid_grant" });
      claims = read;
      tokens += 1;
      const { expires_in = 3600 } = options;
      const access_token = `token-${tokens}`;
      return sendJson(response, 200, { access_token, expires_in, token_type: "Bearer" });
    }
    const match = /^\/v1\/projects\/apisix\/secrets\/([^/]+)\/versions\/latest:access$/.exec(url);
    const found = options.secrets[match?.[1] ?? ""];
    if (headers.authorization !== `Bearer token-${tokens}`) return sendJson(response, 401, {});
    if (found === undefined) return sendJson(response, 404, { error: { status: "NOT_FOUND" } });
    if (typeof found !== "string") return sendJson(response, 200, found);
    sendJson(response, 200, { payload: { data: Buffer.from(found).toString("base64") } });
  });
  return { ...upstream, tokens: () => tokens, claims: () => claims };
}

function readAssertion(text: string, key: KeyObject): Record<string, unknown> | undefined {
  const [head = "", claims = "", signature = ""] = text.split(".");
  const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
  const bytes = Buffer.from(`${head}.${claims}`);
  if (!verify("sha256", bytes, key, Buffer.from(signature, "base64url"))) return undefined;
  const { alg, typ } = read(head);
  return alg === "RS256" && typ === "JWT" ? read(claims) : undefined;
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

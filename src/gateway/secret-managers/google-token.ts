/** Access tokens of a Google service account (apisix/utils/google-cloud-oauth.lua; RFC 7523). */
import { createPrivateKey } from "node:crypto";
import type { JsonObject } from "../../core/documents.ts";
import { HeaderList } from "../header-list.ts";
import { ANSWER_BYTES_MAX, MANAGER_MS, type ManagerServices, parseObject } from "./manager.ts";

const GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const ASSERTION_SECONDS = 3600;
/** A token is asked for anew this long before its end. */
const AHEAD_SECONDS = 60;
const FAILED = "failed to refresh google oauth access token";

// Loaded with the first token: a gateway without such secrets starts without it.
const jose = (): Promise<typeof import("jose")> => import("jose");

/** Value of the header `Authorization`, and when it is to be replaced (ms epoch). */
export type GoogleToken = { readonly authorization: string; readonly untilMs: number };

/** `account` has its defaults. */
export async function requestToken(
  { http, now }: Pick<ManagerServices, "http" | "now">,
  account: JsonObject,
  sslVerify: boolean,
): Promise<GoogleToken> {
  const assertion = await signAssertion(account, Math.floor(now() / 1000));
  const answer = await http({
    method: "POST",
    url: String(account["token_uri"]),
    headers: HeaderList.from({ "Content-Type": "application/x-www-form-urlencoded" }),
    body: new URLSearchParams({ grant_type: GRANT, assertion }).toString(),
    timeoutMs: MANAGER_MS,
    sslVerify,
  });
  const value = parseObject(await answer.text(ANSWER_BYTES_MAX));
  if (answer.status !== 200) throw new Error(`${FAILED}: status ${answer.status}`);
  const { access_token: token, token_type: type = "Bearer", expires_in: seconds } = value ?? {};
  if (typeof token !== "string") throw new Error(`${FAILED}: there is none in the answer`);
  const lasts = typeof seconds === "number" ? seconds - AHEAD_SECONDS : 0;
  return { authorization: `${String(type)} ${token}`, untilMs: now() + lasts * 1000 };
}

async function signAssertion(account: JsonObject, seconds: number): Promise<string> {
  const { client_email, private_key, token_uri, scope } = account;
  const claims = {
    iss: String(client_email),
    aud: String(token_uri),
    scope: Array.isArray(scope) ? scope.join(" ") : String(scope),
    iat: seconds,
    exp: seconds + ASSERTION_SECONDS,
  };
  const { SignJWT } = await jose();
  return new SignJWT(claims)
    .setProtectedHeader({ alg: "RS256", typ: "JWT" })
    .sign(createPrivateKey(String(private_key)));
}

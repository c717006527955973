/** `csrf`: a signed token in a cookie must come back in a header (double submit). */
import { createHash, randomInt } from "node:crypto";
import { isJsonObject } from "../../lib/json.ts";
import type { Plugin } from "../plugin.ts";
import { equalSecrets } from "./lib/authentication.ts";
import { decodeBase64 } from "./lib/base64.ts";

export type CsrfConf = {
  readonly key: string;
  readonly expires: number;
  readonly name: string;
};

const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);
/** The original's numbers have this many digits. */
const RANDOM_PARTS = 1e14;
/** Seconds of the last moment that has four digits for its year. */
const LATEST = 253_402_300_799;

export const csrf: Plugin<CsrfConf> = {
  name: "csrf",
  version: 0.1,
  priority: 2980,
  schema: {
    type: "object",
    properties: {
      key: { description: "signs the tokens", type: "string" },
      expires: {
        description: "seconds for which a token holds; 0 or less: for ever",
        type: "integer",
        default: 7200,
      },
      name: {
        description: "name of the cookie and of the header",
        type: "string",
        default: "apisix-csrf-token",
      },
    },
    required: ["key"],
  },
  encryptFields: ["key"],
  create: ({ now }) => {
    const seconds = (): number => Math.floor(now() / 1000);
    return {
      access: (conf, ctx) => {
        if (SAFE_METHODS.has(ctx.request.method)) return undefined;
        const sent = ctx.request.headers.get(conf.name) ?? "";
        const problem = tokenProblem(conf, sent, ctx.var(`cookie_${conf.name}`), seconds());
        return problem === undefined ? undefined : { status: 401, body: { error_msg: problem } };
      },
      headerFilter: (conf, ctx) => {
        const token = makeToken(conf, seconds());
        const expires = cookieTime(seconds() + conf.expires);
        const cookie = `${conf.name}=${token};path=/;SameSite=Lax;Expires=${expires}`;
        ctx.response.addHeader("Set-Cookie", cookie);
      },
    };
  },
};

function tokenProblem(
  conf: CsrfConf,
  sent: string,
  cookie: unknown,
  now: number,
): string | undefined {
  if (sent === "") return "no csrf token in headers";
  if (typeof cookie !== "string") return "no csrf cookie";
  if (sent !== cookie) return "csrf token mismatch";
  return isValid(conf, cookie, now) ? undefined : "Failed to verify the csrf token signature";
}

function makeToken({ key }: CsrfConf, expires: number): string {
  const random = randomInt(RANDOM_PARTS) / RANDOM_PARTS;
  const sign = signature(random, expires, key);
  return Buffer.from(JSON.stringify({ random, expires, sign })).toString("base64");
}

/** `expires` in a token is the time at which it was made, seconds. */
function isValid({ key, expires: holds }: CsrfConf, token: string, now: number): boolean {
  const { random, expires, sign } = parseToken(token);
  if (typeof random !== "number" && typeof random !== "string") return false;
  if (typeof expires !== "number" || typeof sign !== "string") return false;
  if (holds > 0 && now - expires > holds) return false;
  return equalSecrets(sign, signature(random, expires, key));
}

function parseToken(token: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(decodeBase64(token)?.toString("utf8") ?? "");
    return isJsonObject(value) ? (value as Record<string, unknown>) : {};
  } catch {
    return {}; // not a token of ours
  }
}

function signature(random: number | string, expires: number, key: string): string {
  return createHash("sha256")
    .update(`{expires:${expires},random:${random},key:${key}}`)
    .digest("hex");
}

/** "Thu, 31-Dec-37 23:55:55 GMT"; beyond that year with all its digits. */
function cookieTime(seconds: number): string {
  const time = new Date(Math.min(Math.max(seconds, 0), LATEST) * 1000);
  const [day = "", date, month, year = "", clock] = time.toUTCString().split(" ");
  const shown = Number(year) > 2037 ? year : year.slice(2);
  return `${day} ${date}-${month}-${shown} ${clock} GMT`;
}

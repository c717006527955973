/** Signature version 4 of AWS, as its published test suite checks it. */
import { createHash, createHmac } from "node:crypto";
import type { HeaderList } from "../../header-list.ts";
import type { ArgValue } from "../../query-args.ts";

export type Signer = {
  readonly accesskey: string;
  readonly secretkey: string;
  readonly aws_region: string;
  readonly service: string;
};

export type Signable = {
  readonly method: string;
  /** Escaped as it is sent, without query. */
  readonly path: string;
  /** Decoded; `true` is an argument without value. */
  readonly args: Iterable<readonly [string, ArgValue]>;
  /** All of them are signed but `connection`. */
  readonly headers: HeaderList;
  readonly body: Uint8Array | undefined;
};

export type Signed = {
  /** Header `Authorization`. */
  readonly authorization: string;
  /** The query that was signed, to be sent exactly so. */
  readonly query: string;
};

const ALGORITHM = "AWS4-HMAC-SHA256";

/** "20150830T123600Z" of milliseconds since 1970: header `X-Amz-Date`, part of what is signed. */
export function amzDate(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
}

/** `date` is `amzDate`, which the headers carry too. */
export function sign(signer: Signer, request: Signable, date: string): Signed {
  const query = canonicalQuery(request.args);
  const headers = canonicalHeaders(request.headers);
  const names = headers.map(([name]) => name).join(";");
  const canonical = [
    request.method.toUpperCase(),
    // Alone among the services, S3 takes the path as it was sent.
    signer.service === "s3" ? request.path : canonicalPath(request.path),
    query,
    ...headers.map(([name, value]) => `${name}:${value}`),
    "",
    names,
    sha256(request.body ?? ""),
  ].join("\n");
  const day = date.slice(0, 8);
  const scope = `${day}/${signer.aws_region}/${signer.service}/aws4_request`;
  const text = [ALGORITHM, date, scope, sha256(canonical)].join("\n");
  const signature = hmac(signingKey(signer, day), text).toString("hex");
  const credential = `${signer.accesskey}/${scope}`;
  return {
    authorization: `${ALGORITHM} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
    query,
  };
}

/** Every pair escaped, sorted by the escaped name, then value. */
function canonicalQuery(args: Signable["args"]): string {
  return [...args]
    .map(([name, value]) => [escapeAll(name), value === true ? "" : escapeAll(value)] as const)
    .sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** Dot segments and repeated slashes resolved, and what was sent escaped once more. */
export function canonicalPath(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(escapeAll(segment));
  }
  const end = kept.length > 0 && /\/\.{0,2}$/.test(path) ? "/" : "";
  return `/${kept.join("/")}${end}`;
}

/** Names in lower case, sorted; values without blanks around them or repeated in them. */
function canonicalHeaders(headers: HeaderList): (readonly [string, string])[] {
  return headers
    .names()
    .map((name) => [name.toLowerCase(), trimmed(headers.getAll(name))] as const)
    .filter(([name]) => name !== "connection")
    .sort((a, b) => compare(a[0], b[0]));
}

function trimmed(values: readonly string[]): string {
  return values.map((value) => value.trim().replace(/ +/g, " ")).join(",");
}

/** RFC 3986: everything but letters, digits and "-_.~". */
function escapeAll(text: string): string {
  const escaped = encodeURIComponent(text.toWellFormed());
  return escaped.replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function signingKey({ secretkey, aws_region: region, service }: Signer, day: string): Buffer {
  const steps = [day, region, service, "aws4_request"];
  return steps.reduce<Buffer>((key, step) => hmac(key, step), Buffer.from(`AWS4${secretkey}`));
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

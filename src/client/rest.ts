/**
 * Authenticated calls of the REST API: builds the request, sends it, decodes the answer. What is
 * called, and what the answers mean, is told by those who use it.
 */
import { encodePath } from "./address.ts";
import type { Answer } from "./exchange.ts";
import { ClientFailure, failureOf } from "./failures.ts";
import { type Encodable, encode, tryParse, type Value } from "./json.ts";
import { Transport, type TransportOptions, type Watcher } from "./transport.ts";

export type ClientOptions = TransportOptions & {
  /** e.g. "http://127.0.0.1:3233/api" (`baseUrl`) */
  readonly base: string;
  /** e.g. "v1" */
  readonly version: string;
  /** "uuid:key"; empty when none is known */
  readonly auth: string;
  readonly userAgent: string;
  readonly watcher?: Watcher | undefined;
};

export type Call = {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** below `{base}/{version}/` */
  readonly path: string;
  /** how the path is called in the message of a missing key; absent: not at all */
  readonly route?: string;
  readonly body?: Encodable;
};

/** The one user of the transport; every method rejects with a `ClientFailure`. */
export class Rest {
  readonly #options: ClientOptions;
  readonly #transport: Transport;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#transport = new Transport(options);
  }

  close(): void {
    this.#transport.close();
  }

  /** A GET without key. `path` is below the API's root; with "/" in front, below the host. */
  open(path: string, encoding: BufferEncoding = "utf8"): Promise<Answer> {
    const { base, watcher } = this.#options;
    const url = path.startsWith("/") ? new URL(path, base).href : `${base}/${path}`;
    return this.#transport.exchange({ method: "GET", url, headers: {}, encoding }, watcher);
  }

  /** The decoded body of the answer. */
  async call(call: Call): Promise<Value | undefined> {
    return bodyOf(await this.exchange(call));
  }

  exchange(call: Call): Promise<Answer> {
    const { base, version, auth, userAgent, watcher } = this.#options;
    if (auth === "") return Promise.reject(missingKey(call));
    const body = call.body === undefined ? undefined : `${encode(call.body)}\n`;
    const headers: Record<string, string> = {
      Authorization: `Basic ${Buffer.from(auth).toString("base64")}`,
      "User-Agent": userAgent,
    };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const url = `${base}/${version}/${call.path}`;
    return this.#transport.exchange({ method: call.method, url, headers, body }, watcher);
  }
}

/** The same call, below a namespace. */
export function inNamespace(namespace: string, call: Call): Call {
  return { ...call, path: `namespaces/${encodePath(namespace)}/${call.path}` };
}

/** The decoded body of a success, undefined when it is no JSON; throws on any other status. */
export function bodyOf(answer: Answer): Value | undefined {
  const body = tryParse(answer.body);
  if (answer.status < 200 || answer.status > 299) throw failureOf(answer.status, body);
  return body;
}

/** The body as `bodyOf` gives it; rejects when the platform has not finished (202). */
export function finishedBodyOf(answer: Answer): Value | undefined {
  const body = bodyOf(answer);
  if (answer.status !== 202) return body;
  const text = "Request accepted, but processing not completed yet.";
  throw new ClientFailure("unfinished", text, { status: 202, body: body ?? null });
}

function missingKey(call: Call): ClientFailure {
  const text =
    `Unable to create ${requestName(call)}: Unable to add the HTTP authentication ` +
    "header: Authorization key is not configured (--auth is required)";
  return new ClientFailure("unauthorized", text);
}

/** The original words it differently for packages. */
function requestName({ method, route }: Call): string {
  if (route === undefined) return `HTTP request for ${method}`;
  if (route.startsWith("packages")) return `${method} HTTP request for '${route}'`;
  return `HTTP request for ${method} '${route}'`;
}

/**
 * What stands before the API on a listener: downloads, the paths that stay closed, names of
 * namespaces. What is none of these goes on to the API as it came.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { TrustedProxies } from "./forwarded.ts";
import { answerText, redirect } from "./reply.ts";
import { vanityNamespace, vanityUrl } from "./vanity.ts";

/** `path` is the request's, without the query. */
export type DownloadHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
) => void;

export type EdgeOptions = {
  readonly api: RequestListener;
  /** The HTTPS listener is the one that others see: metrics stay closed there. */
  readonly isPublic: boolean;
  /** Host names, in lower case. */
  readonly vanityHosts: readonly string[];
  readonly proxies: TrustedProxies;
  /** Answers what is at or below "/cli". */
  readonly downloads: DownloadHandler;
};

/** Where the original sends those who ask for the Docker skeleton. */
const SKELETON =
  "https://github.com/apache/openwhisk-runtime-docker/releases/download/sdk%400.1.0/" +
  "blackbox-0.1.0.tar.gz";
const LETTER_A = "a".charCodeAt(0);

export function createEdge(options: EdgeOptions): RequestListener {
  const { api, vanityHosts, proxies } = options;
  if (vanityHosts.length === 0 && proxies.isEmpty) {
    // "/api…" is nothing of ours: one look at one character lets an invoke pass.
    return (request, response) => {
      const isApi = request.url?.charCodeAt(1) === LETTER_A;
      if (isApi || !answerOwn(options, request, response)) api(request, response);
    };
  }
  return (request, response) => {
    proxies.clean(request);
    if (answerOwn(options, request, response)) return;
    const namespace = vanityNamespace(proxies.origin(request).host, vanityHosts);
    if (namespace !== undefined) request.url = vanityUrl(namespace, request.url ?? "/");
    api(request, response);
  };
}

/** True when it was answered here. */
function answerOwn(
  { isPublic, downloads }: EdgeOptions,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
  if (isPublic && path.startsWith("/metrics")) {
    request.resume();
    answerText(response, 403, "Metrics are not served here, see the setting metrics.port.\n");
    return true;
  }
  if (path === "/blackbox.tar.gz") {
    request.resume();
    redirect(response, 301, SKELETON);
    return true;
  }
  if (path !== "/cli" && !path.startsWith("/cli/")) return false;
  request.resume();
  downloads(request, response, path);
  return true;
}

/** From HTTP to HTTPS, as the original's edge does it: 308, so that methods and bodies stay. */
import type { RequestListener } from "node:http";
import type { TrustedProxies } from "./forwarded.ts";
import { answerText, redirect } from "./reply.ts";

const HTTPS_PORT = 443;

/** `host` is a Host header; undefined when it is none. */
export function secureUrl(host: string, port: number, url: string): string | undefined {
  const name = /^([\w.-]+|\[[0-9a-f:.]+\])(:\d*)?$/i.exec(host)?.[1];
  if (name === undefined || !url.startsWith("/")) return undefined;
  return `https://${name}${port === HTTPS_PORT ? "" : `:${port}`}${url}`;
}

/** Answers everything; `port` is that of the HTTPS listener. */
export function redirectToSecure(port: number, proxies: TrustedProxies): RequestListener {
  return (request, response) => {
    request.resume();
    const target = secureUrl(proxies.origin(request).host, port, request.url ?? "/");
    if (target === undefined) answerText(response, 400, "The header Host names no host.\n");
    else redirect(response, 308, target);
  };
}

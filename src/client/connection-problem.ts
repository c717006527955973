/** Says why no answer came, in the words of the original's client (wsk-cli 15, exit code 3). */
import type { Exchange } from "./exchange.ts";

type Problem = { readonly code: string; readonly message: string };

/** `Get "URL": dial tcp 127.0.0.1:1: connect: connection refused` and the like. */
export function connectionProblem(exchange: Exchange, cause: unknown): string {
  const url = new URL(exchange.url);
  const verb = exchange.method.charAt(0) + exchange.method.slice(1).toLowerCase();
  return `${verb} "${exchange.url}": ${reason(url, problemOf(cause))}`;
}

function problemOf(cause: unknown): Problem {
  // Several addresses of one host were tried: the last failure stands for all.
  const error = cause instanceof AggregateError ? cause.errors.at(-1) : cause;
  if (!(error instanceof Error)) return { code: "", message: String(error) };
  const code = "code" in error ? String(error.code) : "";
  return { code, message: error.message };
}

/** What comes of speaking TLS to a server that does not. */
const NO_TLS = /wrong version number|packet length too long|http request/;

function reason(url: URL, problem: Problem): string {
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  const address = `${url.hostname}:${port}`;
  switch (problem.code) {
    case "ECONNREFUSED":
      return `dial tcp ${address}: connect: connection refused`;
    case "ETIMEDOUT":
      return `dial tcp ${address}: connect: connection timed out`;
    case "EHOSTUNREACH":
      return `dial tcp ${address}: connect: no route to host`;
    case "ENETUNREACH":
      return `dial tcp ${address}: connect: network is unreachable`;
    case "ENOTFOUND":
      return `dial tcp: lookup ${url.hostname}: no such host`;
    case "EAI_AGAIN":
      return `dial tcp: lookup ${url.hostname}: Temporary failure in name resolution`;
    case "ECONNRESET":
      return problem.message === "socket hang up" ? "EOF" : "read: connection reset by peer";
    case "EPIPE":
      return "write: broken pipe";
    case "EPROTO":
      if (!NO_TLS.test(problem.message)) return problem.message;
      return "http: server gave HTTP response to HTTPS client";
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
      return "x509: certificate signed by unknown authority";
    case "CERT_HAS_EXPIRED":
      return "x509: certificate has expired or is not yet valid";
    default:
      return problem.message;
  }
}

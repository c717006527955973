/**
 * `GET /runtime/namespaces/NS/logForwarding`, which is none of the original's: the command line of
 * Adobe I/O asks there whether logs are sent elsewhere, and reads none without an answer.
 */
import type { Authenticator } from "../controller/auth.ts";
import type { ServiceRoute } from "../controller/routes.ts";
import { PlatformError } from "../core/errors.ts";

/** What it calls a platform that keeps logs itself. */
const KEPT_HERE = JSON.stringify({ adobe_io_runtime: {} });

export function logForwarding(auth: Pick<Authenticator, "identify">): ServiceRoute {
  return {
    prefix: "/runtime/namespaces/",
    handler: async ({ method, path, headers }) => {
      const isAsked = method === "GET" && /^[^/]+\/logForwarding$/.test(path);
      if (!isAsked) throw new PlatformError("METHOD_UNKNOWN");
      await auth.identify(headers.authorization);
      return { status: 200, body: KEPT_HERE };
    },
  };
}

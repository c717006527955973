/** One debug line per API request; never the query, which may hold what users typed. */
import type { IncomingMessage } from "node:http";
import type { Logger } from "../lib/log.ts";
import type { RequestWatcher } from "./server.ts";

export function requestLog(
  logger: Logger,
  proxies: { origin(request: IncomingMessage): { readonly client: string } },
): RequestWatcher {
  return (request, response, transid) => {
    const { method, url = "/" } = request;
    const { client } = proxies.origin(request);
    const path = url.split("?", 1)[0];
    const log = (): void => {
      const durationMs = Date.now() - transid.start;
      const { statusCode: status, writableFinished } = response;
      const outcome = writableFinished ? { status } : { aborted: true };
      logger.debug("request", {
        transid: transid.id,
        client,
        method,
        path,
        ...outcome,
        durationMs,
      });
    };
    response.once("close", log);
  };
}

/** One debug line per API request; never the query, which may hold what users typed. */
import type { Logger } from "../lib/log.ts";
import type { RequestWatcher } from "./server.ts";

export function requestLog(logger: Logger): RequestWatcher {
  return ({ method, url = "/" }, response, transid) => {
    const path = url.split("?", 1)[0];
    const log = (): void => {
      const durationMs = Date.now() - transid.start;
      const { statusCode: status, writableFinished } = response;
      const outcome = writableFinished ? { status } : { aborted: true };
      logger.debug("request", { transid: transid.id, method, path, ...outcome, durationMs });
    };
    response.once("close", log);
  };
}

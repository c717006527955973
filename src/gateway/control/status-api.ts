/** For probes: whether the gateway runs, and whether it has its configuration. */
import type { RequestListener } from "node:http";

const WAITING = "worker id: 0 has not received configuration";

/** `/status` and `/status/ready`, as the original answers them (apisix/init.lua). */
export function statusApi(isReady: () => boolean): RequestListener {
  return (request, response) => {
    request.resume();
    const [path = ""] = (request.url ?? "").split("?");
    if (!path.startsWith("/status")) {
      response.writeHead(404).end();
      return;
    }
    const isWaiting = path.startsWith("/status/ready") && !isReady();
    const body = isWaiting ? { status: "error", error: WAITING } : { status: "ok" };
    response.writeHead(isWaiting ? 503 : 200, { "Content-Type": "text/plain; charset=utf-8" });
    response.end(JSON.stringify(body));
  };
}

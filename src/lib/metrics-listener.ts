/** A listener of its own for /metrics. */
import type { RequestListener } from "node:http";
import { HttpListener } from "./http-listener.ts";

/** Rejects when the port cannot be had. `text`: Prometheus text format. */
export async function listenMetrics(
  text: () => Promise<string>,
  address: { readonly host: string; readonly port: number; readonly headerBytesMax: number },
): Promise<HttpListener> {
  const listener = await HttpListener.listen({ ...address, portFlag: "--metrics-port" });
  listener.serve(handler(text));
  return listener;
}

function handler(text: () => Promise<string>): RequestListener {
  return (request, response) => {
    const path = (request.url ?? "").split("?")[0];
    if (request.method !== "GET" || path !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    text().then(
      (body) => response.writeHead(200, { "Content-Type": TYPE }).end(body),
      () => response.writeHead(500).end(),
    );
  };
}

const TYPE = "text/plain; version=0.0.4; charset=utf-8";

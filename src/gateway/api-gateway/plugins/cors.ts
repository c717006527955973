/** CORS of an API: answers preflights, reflects the origin or takes the backend's headers away. */
import type { Plugin } from "../../plugin.ts";

export type CorsConf = {
  /** Absent: preflights are answered, nothing else is touched. */
  readonly origin?: "true" | "false";
};

const METHODS = "GET, POST, PUT, DELETE, PATCH, HEAD, OPTIONS";
const FIELDS = [
  "Access-Control-Allow-Origin",
  "Access-Control-Allow-Methods",
  "Access-Control-Allow-Headers",
  "Access-Control-Allow-Credentials",
  "Access-Control-Expose-Headers",
  "Access-Control-Max-Age",
];

export const cors: Plugin<CorsConf> = {
  name: "openwhisk-cors",
  version: 0.1,
  priority: 90,
  schema: { type: "object", properties: { origin: { enum: ["true", "false"] } } },
  create: () => ({
    rewrite: ({ origin }, { request, response }) => {
      if (origin === "false" || request.head.method !== "OPTIONS") return undefined;
      const asked = request.headers.get("Access-Control-Request-Headers");
      if (asked !== undefined) response.setHeader("Access-Control-Allow-Headers", asked);
      return { status: 200, body: "" };
    },
    headerFilter: ({ origin }, { request, response }) => {
      if (origin === undefined) return;
      if (origin === "false") {
        for (const name of FIELDS) response.removeHeader(name);
        return;
      }
      response.setHeader("Access-Control-Allow-Origin", request.head.headers.get("Origin") ?? "*");
      response.setHeader("Access-Control-Allow-Methods", METHODS);
      response.setHeader("Access-Control-Allow-Credentials", "true");
    },
  }),
};

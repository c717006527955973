/** Answers that need no backend: fixed texts, and what is not there. */
import type { Plugin } from "../../plugin.ts";
import { refusal } from "../refusal.ts";
import { gatewayPath } from "../resource-paths.ts";

/** A path that no resource has, or that the API gateway does not serve at all. */
export const notFound: Plugin = {
  name: "openwhisk-not-found",
  version: 0.1,
  priority: 10,
  schema: { type: "object" },
  create: () => ({
    rewrite: (_conf, { request }) =>
      gatewayPath(request.path) === undefined ? { status: 404 } : refusal(404, "Not found."),
  }),
};

/** A resource without the verb of the request. */
export const noVerb: Plugin = {
  name: "openwhisk-no-verb",
  version: 0.1,
  priority: 10,
  schema: { type: "object" },
  create: () => ({ rewrite: () => refusal(404, "Whoops. Verb not supported.") }),
};

export const text: Plugin<{ readonly text: string }> = {
  name: "openwhisk-text",
  version: 0.1,
  priority: 10,
  schema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
  create: () => ({
    rewrite: (conf) => ({
      status: 200,
      body: `${conf.text}\n`,
      headers: { "Content-Type": "text/plain" },
    }),
  }),
};

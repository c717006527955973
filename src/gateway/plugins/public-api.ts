/** `public-api`: lets a route answer with what another plugin serves itself. */
import type { Plugin } from "../plugin.ts";

export type PublicApiConf = {
  /** default: the path of the request */
  readonly uri?: string;
};

export const publicApi: Plugin<PublicApiConf> = {
  name: "public-api",
  version: 0.1,
  priority: 501,
  schema: { type: "object", properties: { uri: { type: "string" } } },
  create: ({ apis }) => ({
    access: ({ uri }, ctx) => {
      const { method, path } = ctx.request;
      const found = apis().find(
        (api) => api.on === "public" && api.uri === (uri ?? path) && api.methods.includes(method),
      );
      return found === undefined ? { status: 404 } : found.handler(ctx);
    },
  }),
};

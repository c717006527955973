/** `client-control`: bounds the body that a client may send. */
import type { Plugin } from "../plugin.ts";

export type ClientControlConf = { readonly max_body_size?: number };

export const clientControl: Plugin<ClientControlConf> = {
  name: "client-control",
  version: 0.1,
  priority: 22000,
  schema: {
    type: "object",
    properties: {
      max_body_size: {
        type: "integer",
        minimum: 0,
        description: "Maximum message body size in bytes. No restriction when set to 0.",
      },
    },
  },
  create: () => ({
    rewrite: ({ max_body_size: bytesMax }, { request }) => {
      if (bytesMax === undefined) return undefined;
      const length = Number(request.headers.get("Content-Length") ?? 0);
      if (bytesMax !== 0 && length > bytesMax) return { status: 413 };
      // A body of unknown length is cut off where it gets too long.
      request.bodyBytesMax = bytesMax === 0 ? undefined : bytesMax;
      return undefined;
    },
  }),
};

/** `gzip`: compresses answers for clients that accept it. */
import { constants, createGzip } from "node:zlib";
import type { Plugin } from "../plugin.ts";
import {
  acceptsCoding,
  COMPRESSION_PROPERTIES,
  type CompressionConf,
  hasPlainBody,
  isWorthCompressing,
  weakenEtag,
} from "./lib/compression.ts";

export type GzipConf = CompressionConf & {
  readonly comp_level: number;
  readonly buffers: { readonly number: number; readonly size: number };
};

const BUFFERS = { number: 32, size: 4096 };
/** As nginx: other answers are short. */
const STATUSES = new Set([200, 403, 404]);
/** Below it zlib takes no buffer. */
const CHUNK_BYTES_MIN = 64;
/** Above it a buffer costs more than it helps. */
const CHUNK_BYTES_MAX = 1024 * 1024;

export const gzip: Plugin<GzipConf> = {
  name: "gzip",
  version: 0.1,
  priority: 995,
  schema: {
    type: "object",
    properties: {
      ...COMPRESSION_PROPERTIES,
      comp_level: { type: "integer", minimum: 1, maximum: 9, default: 1 },
      buffers: {
        type: "object",
        properties: {
          number: { type: "integer", minimum: 1, default: BUFFERS.number },
          size: { type: "integer", minimum: 1, default: BUFFERS.size },
        },
        default: BUFFERS,
      },
    },
  },
  create: () => ({
    headerFilter: (conf, ctx) => {
      const { request, response } = ctx;
      if (!isWorthCompressing(conf, ctx)) return;
      if (conf.vary === true) response.addHeader("Vary", "Accept-Encoding");
      if (!STATUSES.has(response.status) || !hasPlainBody(ctx)) return;
      // As nginx's gzip_proxied, which is off: proxies get the answer as it is.
      if (request.headers.has("via")) return;
      if (!acceptsCoding(request.headers.get("accept-encoding"), "gzip")) return;
      response.setHeader("Content-Encoding", "gzip");
      weakenEtag(ctx);
      const { size } = conf.buffers;
      response.transform(
        createGzip({
          level: conf.comp_level,
          chunkSize: Math.min(CHUNK_BYTES_MAX, Math.max(CHUNK_BYTES_MIN, size)),
          // What the upstream has sent reaches the client now, not with the next buffer.
          flush: constants.Z_SYNC_FLUSH,
        }),
      );
    },
  }),
};

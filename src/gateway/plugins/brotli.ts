/** `brotli`: compresses answers for clients that accept it; goes before `gzip`. */
import { constants, createBrotliCompress } from "node:zlib";
import type { Plugin } from "../plugin.ts";
import {
  acceptsCoding,
  COMPRESSION_PROPERTIES,
  type CompressionConf,
  hasPlainBody,
  isWorthCompressing,
  weakenEtag,
} from "./lib/compression.ts";

export type BrotliConf = CompressionConf & {
  /** 0 any, 1 text, 2 fonts */
  readonly mode: number;
  readonly comp_level: number;
  /** Sizes as powers of two; 0: the library decides. */
  readonly lgwin: number;
  readonly lgblock: number;
};

const WINDOWS = [0, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24];
const BLOCKS = [0, 16, 17, 18, 19, 20, 21, 22, 23, 24];

export const brotli: Plugin<BrotliConf> = {
  name: "brotli",
  version: 0.1,
  priority: 996,
  schema: {
    type: "object",
    properties: {
      ...COMPRESSION_PROPERTIES,
      mode: { type: "integer", minimum: 0, maximum: 2, default: 0 },
      comp_level: { type: "integer", minimum: 0, maximum: 11, default: 6 },
      lgwin: { type: "integer", default: 19, enum: WINDOWS },
      lgblock: { type: "integer", default: 0, enum: BLOCKS },
    },
  },
  create: () => ({
    headerFilter: (conf, ctx) => {
      const { request, response } = ctx;
      if (!acceptsCoding(request.headers.get("accept-encoding"), "br")) return;
      if (!hasPlainBody(ctx) || !isWorthCompressing(conf, ctx)) return;
      if (conf.vary === true) response.addHeader("Vary", "Accept-Encoding");
      response.setHeader("Content-Encoding", "br");
      weakenEtag(ctx);
      response.transform(
        createBrotliCompress({
          params: parametersOf(conf),
          // What the upstream has sent reaches the client now, not with the next buffer.
          flush: constants.BROTLI_OPERATION_FLUSH,
        }),
      );
    },
  }),
};

function parametersOf({ mode, comp_level, lgwin, lgblock }: BrotliConf): Record<number, number> {
  return {
    [constants.BROTLI_PARAM_MODE]: mode,
    [constants.BROTLI_PARAM_QUALITY]: comp_level,
    ...(lgwin === 0 ? {} : { [constants.BROTLI_PARAM_LGWIN]: lgwin }),
    ...(lgblock === 0 ? {} : { [constants.BROTLI_PARAM_LGBLOCK]: lgblock }),
  };
}

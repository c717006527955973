/** What every request of the API gateway goes through: its id, its bound, the page of a failure. */
import { randomBytes } from "node:crypto";
import type { Plugin } from "../../plugin.ts";
import { createSlot } from "../../request-context.ts";

export type FrontConf = { readonly body_bytes_max: number };

const HEADER = "X-Request-Id";
const FAILURES: ReadonlySet<number> = new Set([500, 501, 502, 503, 504]);
const NOTHING = Buffer.alloc(0);

export const front: Plugin<FrontConf> = {
  name: "openwhisk-front",
  version: 0.1,
  priority: 100,
  schema: { type: "object", required: ["body_bytes_max"] },
  create: () => {
    const requestId = createSlot<string>("openwhisk-request-id");
    /** The page in place of the gateway's own; empty once it was sent. */
    const page = createSlot<Buffer>("openwhisk-failure");
    return {
      rewrite: (conf, ctx) => {
        const { request } = ctx;
        request.bodyBytesMax = conf.body_bytes_max;
        const id = request.headers.get(HEADER) || randomBytes(16).toString("hex");
        request.headers.set(HEADER, id);
        ctx.set(requestId, id);
        return undefined;
      },
      headerFilter: (_conf, ctx) => {
        const { response } = ctx;
        const id = ctx.get(requestId);
        if (id !== undefined) response.setHeader(HEADER, id);
        response.removeHeader("X-APISIX-Upstream-Status");
        if (response.source !== "gateway" || !FAILURES.has(response.status)) return;
        ctx.set(page, failurePage(response.status));
        response.status = 500;
        response.bodyWillChange();
        response.setHeader("Content-Type", "application/json");
      },
      bodyFilter: (_conf, ctx, chunk) => {
        const text = ctx.get(page);
        if (text !== undefined) ctx.set(page, NOTHING);
        return text ?? chunk;
      },
    };
  },
};

function failurePage(status: number): Buffer {
  const message = "Oops. Something went wrong. Check your URI and try again.";
  return Buffer.from(`{"code":${status}, "message":"${message}"}\n`);
}

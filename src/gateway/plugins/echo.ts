/** `echo`: puts texts before, after or in place of the answer's body. */
import type { JsonObject } from "../../core/documents.ts";
import type { Plugin } from "../plugin.ts";
import { createSlot } from "../request-context.ts";

export type EchoConf = {
  readonly before_body?: string;
  readonly body?: string;
  readonly after_body?: string;
  readonly headers?: JsonObject;
};

const NOTHING = Buffer.alloc(0);

export const echo: Plugin<EchoConf> = {
  name: "echo",
  version: 0.1,
  priority: 412,
  schema: {
    type: "object",
    properties: {
      before_body: { description: "body before the filter phase.", type: "string" },
      body: { description: "body to replace upstream response.", type: "string" },
      after_body: { description: "body after the modification of filter phase.", type: "string" },
      headers: { description: "new headers for response", type: "object", minProperties: 1 },
    },
    anyOf: [{ required: ["before_body"] }, { required: ["body"] }, { required: ["after_body"] }],
    minProperties: 1,
  },
  create: () => {
    /** How far this request's body is: the texts go out once. */
    const stage = createSlot<"begun" | "replaced">("echo");
    return {
      headerFilter: (conf, { response }) => {
        response.bodyWillChange();
        for (const [name, value] of Object.entries(conf.headers ?? {})) {
          if (typeof value === "string" || typeof value === "number") {
            response.setHeader(name, value);
          }
        }
      },
      bodyFilter: (conf, ctx, chunk, isLast) => {
        const at = ctx.get(stage);
        if (at === "replaced") return NOTHING;
        const replaces = conf.body !== undefined;
        ctx.set(stage, replaces ? "replaced" : "begun");
        const before = at === undefined ? conf.before_body : undefined;
        const after = isLast || replaces ? conf.after_body : undefined;
        if (before === undefined && after === undefined && !replaces) return chunk;
        const middle = conf.body === undefined ? chunk : Buffer.from(conf.body);
        return Buffer.concat([Buffer.from(before ?? ""), middle, Buffer.from(after ?? "")]);
      },
    };
  },
};

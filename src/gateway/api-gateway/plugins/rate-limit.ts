/** A least time between two calls of an API, or of one client of it: no burst is let through. */
import { LRUCache } from "lru-cache";
import { lazily } from "../../../lib/lazily.ts";
import type { Plugin } from "../../plugin.ts";
import { refusal } from "../refusal.ts";
import { CLIENT } from "./security.ts";

export type RateLimitConf = { readonly api: string; readonly spacing_ms: number };

/** Clients remembered; beyond that, the one longest away may call again at once. */
const CLIENTS_MAX = 100_000;

export const rateLimit: Plugin<RateLimitConf> = {
  name: "openwhisk-rate-limit",
  version: 0.1,
  priority: 60,
  schema: {
    type: "object",
    properties: { api: { type: "string" }, spacing_ms: { type: "number", minimum: 0 } },
    required: ["api", "spacing_ms"],
  },
  create: ({ now }) => {
    /** ms epoch from which the next call is let through */
    const free = lazily(() => new LRUCache<string, number>({ max: CLIENTS_MAX }));
    return {
      rewrite: ({ api, spacing_ms: spacing }, ctx) => {
        const key = `${api} ${ctx.get(CLIENT) ?? ""}`;
        const time = now();
        if (time < (free().get(key) ?? 0)) return refusal(429, "Rate limit exceeded");
        if (spacing > 0) free().set(key, time + spacing);
        return undefined;
      },
    };
  },
};

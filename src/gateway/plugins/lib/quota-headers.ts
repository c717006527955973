import type { JsonObject } from "../../../core/documents.ts";

/** Names of the headers that tell clients of their quota. */
export type QuotaHeaders = {
  readonly limit: string;
  readonly remaining: string;
  readonly reset: string;
};

export const QUOTA_HEADER_NAMES = {
  limit_header: "X-RateLimit-Limit",
  remaining_header: "X-RateLimit-Remaining",
  reset_header: "X-RateLimit-Reset",
};

/** As the plugin's metadata names them; with a prefix "X-1-RateLimit-Limit". */
export function quotaHeaders(
  metadata: JsonObject | undefined,
  prefix: string | number | undefined,
): QuotaHeaders {
  const name = (member: keyof typeof QUOTA_HEADER_NAMES): string => {
    const given = metadata?.[member];
    const base = typeof given === "string" ? given : QUOTA_HEADER_NAMES[member];
    return prefix === undefined ? base : base.replace("RateLimit-", () => `${prefix}-RateLimit-`);
  };
  return {
    limit: name("limit_header"),
    remaining: name("remaining_header"),
    reset: name("reset_header"),
  };
}

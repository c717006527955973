/** Replies of REST handlers. */
import { compactJson } from "../../lib/json.ts";
import type { Reply } from "./handler.ts";

/** 200 with a value as JSON. */
export function ok(value: unknown): Reply {
  return okText(compactJson(value));
}

/** 200 with a JSON text that is ready. */
export function okText(json: string): Reply {
  return { status: 200, body: json };
}

/** `{"actions": N}`: how many rows are left after `skip`. */
export function countReply(collection: string, total: number, skip: number): Reply {
  return ok({ [collection]: Math.max(total - skip, 0) });
}

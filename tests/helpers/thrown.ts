/** What a function throws as a `PlatformError`; any other error passes on. */
import { type ErrorCode, PlatformError } from "../../src/core/errors.ts";

export type Thrown = { readonly code: ErrorCode; readonly text: string };

export function thrown(run: () => unknown): Thrown | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof PlatformError) return { code: error.code, text: error.message };
    throw error;
  }
  return undefined;
}

/** What `badContent(detail)` throws. */
export function malformed(detail: string): Thrown {
  return { code: "CONTENT_MALFORMED", text: `The request content was malformed:\n${detail}` };
}

/** What `badQuery(name, detail)` throws. */
export function badParameter(name: string, detail: string): Thrown {
  const text = `The query parameter '${name}' was malformed:\n${detail}`;
  return { code: "QUERY_MALFORMED", text };
}

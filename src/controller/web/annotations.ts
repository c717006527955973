/** Annotations that make an action a web action (openwhisk-web-and-composition.md 1.10, 1.11). */
import type { Json, Parameter } from "../../core/documents.ts";
import { parameterValue } from "../../core/parameters.ts";

export type WebAnnotations = {
  readonly isExported: boolean;
  readonly isRaw: boolean;
  /** It answers OPTIONS and sends CORS headers itself. */
  readonly hasCustomOptions: boolean;
  /** Its answer may be a stream. */
  readonly isStream: boolean;
  /** Undefined: everyone may call it. */
  readonly requireAuth: Json | undefined;
};

const known = new WeakMap<readonly Parameter[], WebAnnotations>();

/** Derived once for the annotations of one action. Only real booleans count. */
export function webAnnotations(annotations: readonly Parameter[]): WebAnnotations {
  const found = known.get(annotations);
  if (found !== undefined) return found;
  const isTrue = (key: string): boolean => parameterValue(annotations, key) === true;
  const read = {
    isExported: isTrue("web-export"),
    isRaw: isTrue("raw-http"),
    hasCustomOptions: isTrue("web-custom-options"),
    isStream: isTrue("web-stream"),
    requireAuth: parameterValue(annotations, "require-whisk-auth"),
  };
  known.set(annotations, read);
  return read;
}

/**
 * Whether a caller may go on. `secret` is the value of the header X-Require-Whisk-Auth; `hasUser` is
 * true for valid credentials of any namespace.
 */
export function isAllowed(
  requireAuth: Json | undefined,
  secret: string | undefined,
  hasUser: boolean,
): boolean {
  switch (typeof requireAuth) {
    case "undefined":
      return true;
    case "string":
    case "number":
      return secret === String(requireAuth);
    case "boolean":
      return requireAuth ? hasUser : true;
    default:
      return false;
  }
}

/** The annotations that make an action a web action, and what may stand in them. */

import { display } from "../client/failures.ts";
import { JsonNumber, type Value } from "../client/json.ts";
import type { KeyValue } from "../client/records.ts";
import { WEB_KEYS, WEB_WORDS, webEntries } from "../client/web-mode.ts";
import { DeployError, fileError } from "./deploy-error.ts";

export type WebEntry = { readonly file: string; readonly action: string; readonly mode: string };

/** `web: yes|true|raw|no|false` in any case; throws a DeployError for anything else. */
export function withWeb(
  annotations: readonly KeyValue[],
  { file, action, mode }: WebEntry,
): readonly KeyValue[] {
  const own = webEntries(mode);
  if (own === undefined) {
    const known = WEB_WORDS.join(", ");
    const text = `Action [${action}]: web-export [${mode}]: Supported Web Exports [${known}]`;
    throw fileError("ERROR_YAML_INVALID_WEB_EXPORT", file, text);
  }
  return [...annotations.filter(({ key }) => !WEB_KEYS.includes(key)), ...own];
}

/** undefined when the annotation is not there at all. */
export function isWeb(annotations: readonly KeyValue[]): boolean | undefined {
  const entry = annotations.find(({ key }) => key === "web-export");
  return entry === undefined ? undefined : entry.value === true;
}

/** The value that callers of a secured web action must know; undefined when there is none. */
export function secureKey(annotations: readonly KeyValue[]): Value | undefined {
  return annotations.find(({ key }) => key === REQUIRE_AUTH)?.value;
}

const REQUIRE_AUTH = "require-whisk-auth";

/** Throws a DeployError unless the annotation is a boolean, a text or a positive integer. */
export function checkSecureKey(action: string, annotations: readonly KeyValue[]): void {
  const value = secureKey(annotations);
  if (value === undefined || typeof value === "boolean") return;
  if (typeof value === "string" && value !== "") return;
  if (value instanceof JsonNumber && isKeyNumber(Number(value.text))) return;
  throw new DeployError(
    "ERROR_ACTION_ANNOTATION",
    `Unable to secure the web action; Action [${action}] Annotation [${REQUIRE_AUTH}] has ` +
      `invalid value [${display(value)}].`,
  );
}

function isKeyNumber(number: number): boolean {
  return Number.isInteger(number) && number > 0 && number < Number.MAX_SAFE_INTEGER;
}

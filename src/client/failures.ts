/**
 * What can go wrong between the client and the platform, as one class with a closed set of kinds.
 */
import { encode, isMap, type JsonMap, JsonNumber, mapOf, type Value } from "./json.ts";

export type FailureKind =
  /** no answer: refused, unknown host, broken connection, bad certificate */
  | "transport"
  /** no authorization key to send */
  | "unauthorized"
  /** the platform answered with an error */
  | "refused"
  /** the action itself failed; `body` is its activation or result */
  | "application"
  /** 202 on a blocking call: accepted, still running; `body` holds the activation id */
  | "unfinished";

export class ClientFailure extends Error {
  readonly kind: FailureKind;
  /** HTTP status; 0 when there was no answer */
  readonly status: number;
  readonly body: Value;

  constructor(
    kind: FailureKind,
    text: string,
    details: { readonly status?: number; readonly body?: Value; readonly cause?: unknown } = {},
  ) {
    super(text, details.cause === undefined ? {} : { cause: details.cause });
    this.name = "ClientFailure";
    this.kind = kind;
    this.status = details.status ?? 0;
    this.body = details.body ?? null;
  }
}

/**
 * Reads an answer that reports an error, by the original client's rules (wsk-cli 3.1): a 502
 * without `code` is the failure of an action, an object with `error` and `code` is the platform's,
 * anything else is a broken connection.
 */
export function failureOf(status: number, body: Value | undefined): ClientFailure {
  const members = mapOf(body);
  const code = members.get("code") ?? undefined;
  const error = members.get("error") ?? undefined;
  if (isMap(body) && code === undefined && status === 502) {
    const outcome = mapOf(members.get("response"));
    const failed = (outcome.get("status") ?? undefined) !== undefined || error !== undefined;
    if (failed) return new ClientFailure("application", reasonOf(members), { status, body });
  }
  if (code !== undefined && error !== undefined) {
    return new ClientFailure("refused", `${display(error)} (code ${display(code)})`, { status });
  }
  return new ClientFailure(
    "refused",
    `The connection failed, or timed out. (HTTP status code ${status})`,
    { status },
  );
}

/** Why an action says that it failed: its error; the texts in it when that is an object. */
function reasonOf(members: JsonMap): string {
  const result = mapOf(members.get("response")).get("result") ?? members.get("error") ?? null;
  const error = isMap(result) ? (result.get("error") ?? null) : null;
  if (error === null) return display(result);
  if (!isMap(error)) return display(error);
  const texts = [...error.values()].filter((value) => typeof value === "string" && value !== "");
  return texts.length === 0 ? encode(error) : texts.join("; ");
}

/** A value as the original prints it inside a sentence: `map[a:1 b:[x y]]`. */
export function display(value: Value): string {
  if (value === null) return "<nil>";
  if (value instanceof JsonNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(display).join(" ")}]`;
  if (!isMap(value)) return String(value);
  const members = [...value].sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${members.map(([key, member]) => `${key}:${display(member)}`).join(" ")}]`;
}

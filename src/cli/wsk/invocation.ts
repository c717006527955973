/** What is printed of an action that was invoked, by `action invoke` and for feeds (wsk-cli 4.3). */
import { type ClientFailure, display } from "../../client/failures.ts";
import { isMap, type Value } from "../../client/json.ts";
import { type Context, printable } from "./context.ts";
import type { QualifiedName } from "./qualified-name.ts";

export type InvocationStyle = {
  /** with the line that tells the activation's id */
  readonly hasHeader: boolean;
  /** with the answer itself */
  readonly hasBody: boolean;
};

export function invocationText(
  context: Context,
  name: QualifiedName,
  body: Value,
  { hasHeader, hasBody }: InvocationStyle,
): string {
  const header = hasHeader ? headerLine(context, name, body, "") : "";
  return header + (hasBody ? printable(body) : "");
}

/**
 * What a blocking call prints, on standard error, of an action that failed or has not finished;
 * undefined for any other failure.
 */
export function failedInvocationText(
  context: Context,
  name: QualifiedName,
  failure: ClientFailure,
  hasHeader: boolean,
): string | undefined {
  const { kind, body } = failure;
  if (kind === "application") {
    return invocationText(context, name, body, { hasHeader, hasBody: true });
  }
  if (kind !== "unfinished") return undefined;
  return headerLine(context, name, body, ", but the request has not yet finished,");
}

function headerLine({ paint }: Context, name: QualifiedName, body: Value, between: string): string {
  const path = `/${paint.bold(name.namespace)}/${paint.bold(name.entityName)}`;
  return `${paint.green("ok:")} invoked ${path}${between} with id ${paint.bold(idOf(body))}\n`;
}

/** The activation id of an answer, as the original prints it: nothing when there is none. */
function idOf(body: Value): string {
  if (isMap(body)) {
    const id = body.get("activationId");
    return id === undefined ? "" : display(id);
  }
  return Array.isArray(body) ? display(body) : "";
}

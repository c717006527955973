/** `wsk action invoke` (wsk-cli 4.3). */
import { ClientFailure, display } from "../../../client/failures.ts";
import { isMap, type Value } from "../../../client/json.ts";
import { type Context, checkArgs, printable } from "../context.ts";
import { mergeObjects } from "../parameters.ts";
import { parseQualifiedName, type QualifiedName } from "../qualified-name.ts";
import { wrapError } from "../wsk-error.ts";

/** `--result` implies blocking and prints the bare result. */
export async function invokeAction(context: Context): Promise<void> {
  const { args, flags, cut, io, paint } = context;
  checkArgs(args, 1, 1, "An action name is required.");
  const name = parseQualifiedName(args[0] ?? "");
  const parameters = mergeObjects([...cut.params, ...flags.list("param")], "parameter");
  const result = flags.switchedOn("result");
  const blocking = result || flags.switchedOn("blocking");
  const header = (body: Value, between = ""): string => {
    const path = `/${paint.bold(name.namespace)}/${paint.bold(name.entityName)}`;
    return `${paint.green("ok:")} invoked ${path}${between} with id ${paint.bold(idOf(body))}\n`;
  };
  const report = (body: Value): string =>
    (result ? "" : header(body)) + (blocking ? printable(body) : "");
  try {
    const { namespace, entityName } = name;
    const options = { blocking, result };
    io.out(report(await context.client().invoke(namespace, entityName, parameters, options)));
  } catch (cause) {
    if (blocking && cause instanceof ClientFailure) {
      const failed = outcomeText(cause, header, report);
      if (failed !== undefined) {
        io.err(failed);
        throw cause;
      }
    }
    throw invokeError(name, cause);
  }
}

/** What a blocking call prints of an action that failed or has not finished. */
function outcomeText(
  failure: ClientFailure,
  header: (body: Value, between: string) => string,
  report: (body: Value) => string,
): string | undefined {
  if (failure.kind === "application") return report(failure.body);
  if (failure.kind !== "unfinished") return undefined;
  return header(failure.body, ", but the request has not yet finished,");
}

function invokeError({ entityName }: QualifiedName, cause: unknown): Error {
  return wrapError((inner) => `Unable to invoke action '${entityName}': ${inner}`, cause, true);
}

/** The activation id of an answer, as the original prints it: nothing when there is none. */
function idOf(body: Value): string {
  if (isMap(body)) {
    const id = body.get("activationId");
    return id === undefined ? "" : display(id);
  }
  return Array.isArray(body) ? display(body) : "";
}

/** `wsk action invoke` (wsk-cli 4.3). */
import { ClientFailure } from "../../../client/failures.ts";
import { type Context, checkArgs } from "../context.ts";
import { givenParameters } from "../given.ts";
import { failedInvocationText, invocationText } from "../invocation.ts";
import { parseQualifiedName } from "../qualified-name.ts";
import { wrapError } from "../wsk-error.ts";

/** `--result` implies blocking and prints the bare result. */
export async function invokeAction(context: Context): Promise<void> {
  const { args, flags, io } = context;
  checkArgs(args, 1, 1, "An action name is required.");
  const name = parseQualifiedName(args[0] ?? "");
  const parameters = givenParameters(context);
  const result = flags.switchedOn("result");
  const blocking = result || flags.switchedOn("blocking");
  const { namespace, entityName } = name;
  try {
    const options = { blocking, result };
    const body = await context.client().invoke(namespace, entityName, parameters, options);
    io.out(invocationText(context, name, body, { hasHeader: !result, hasBody: blocking }));
  } catch (cause) {
    if (blocking && cause instanceof ClientFailure) {
      const failed = failedInvocationText(context, name, cause, !result);
      if (failed !== undefined) {
        io.err(failed);
        throw cause;
      }
    }
    throw wrapError((inner) => `Unable to invoke action '${entityName}': ${inner}`, cause, true);
  }
}

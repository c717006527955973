/** `wsk package create|update|bind` (wsk-cli 9). */
import { type Context, checkArgs, printOk } from "../context.ts";
import { givenAnnotations, givenParameters, members } from "../given.ts";
import { parseQualifiedName } from "../qualified-name.ts";
import { complaining, usageError } from "../wsk-error.ts";

export function createPackage(context: Context): Promise<void> {
  return putPackage(context, false);
}

export function updatePackage(context: Context): Promise<void> {
  return putPackage(context, true);
}

async function putPackage(context: Context, overwrite: boolean): Promise<void> {
  const { args, flags, paint } = context;
  checkArgs(args, 1, 1, "A package name is required.");
  const { namespace, entityName } = parseQualifiedName(args[0] ?? "");
  const publish = parseShared(flags.text("shared"));
  const parameters = members(givenParameters(context));
  const annotations = members(givenAnnotations(context));
  const record = { namespace, name: entityName, publish, annotations, parameters };
  const complaint = overwrite
    ? "Package update failed: "
    : `Unable to create package '${entityName}': `;
  await complaining(complaint, () =>
    context.client().put("packages", namespace, entityName, record, overwrite),
  );
  printOk(context, `${overwrite ? "updated" : "created"} package ${paint.bold(entityName)}`);
}

/** Undefined, and nothing is changed, when the flag is not given. */
function parseShared(given: string): boolean | undefined {
  const word = given.toLowerCase();
  if (word === "") return undefined;
  if (word !== "yes" && word !== "no") throw usageError(`Cannot use value '${given}' for shared.`);
  return word === "yes";
}

export async function bindPackage(context: Context): Promise<void> {
  const { args, flags, paint } = context;
  checkArgs(args, 2, 2, "A package name and binding name are required.");
  const [source = "", given = ""] = args;
  const bound = parseQualifiedName(source);
  const { namespace, entityName } = parseQualifiedName(given);
  const parameters = members(givenParameters(context));
  const annotations = members(givenAnnotations(context));
  const binding = { namespace: bound.namespace, name: bound.entityName };
  const record = { annotations, parameters, binding };
  await complaining("Binding creation failed: ", () =>
    context.client().put("packages", namespace, entityName, record, flags.switchedOn("overwrite")),
  );
  printOk(context, `created binding ${paint.bold(given)}`);
}

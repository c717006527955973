/** `wsk package get` and `wsk package delete` (wsk-cli 9). */
import { toPackage } from "../../../client/entities.ts";
import { type Context, checkArgs, printOk } from "../context.ts";
import { checkField, printEntity } from "../entity-output.ts";
import { parseQualifiedName } from "../qualified-name.ts";
import { packageSummary } from "../summary.ts";
import { packageFields, packageView } from "../views.ts";
import { complaining } from "../wsk-error.ts";

const NAME_REQUIRED = "A package name is required.";

export async function getPackage(context: Context): Promise<void> {
  const { args, flags, io, paint } = context;
  checkArgs(args, 1, 2, NAME_REQUIRED);
  const [given = "", field] = args;
  checkField(packageFields(toPackage(undefined)), field);
  const { namespace, entityName } = parseQualifiedName(given);
  const found = await complaining(`Unable to get package '${entityName}': `, () =>
    context.client().package(namespace, entityName),
  );
  if (flags.switchedOn("summary")) return io.out(packageSummary(found, paint));
  const view = { view: packageView(found), fields: packageFields(found) };
  printEntity(context, `package ${paint.bold(entityName)}`, field, view);
}

export async function deletePackage(context: Context): Promise<void> {
  checkArgs(context.args, 1, 1, NAME_REQUIRED);
  const { namespace, entityName } = parseQualifiedName(context.args[0] ?? "");
  await complaining(`Unable to delete package '${entityName}': `, () =>
    context.client().delete("packages", namespace, entityName),
  );
  printOk(context, `deleted package ${context.paint.bold(entityName)}`);
}

/** `get` of triggers, rules and packages: the whole record, or one field of it (wsk-cli 4.4). */
import type { Encodable } from "../../client/json.ts";
import { type Context, printJson, printOk } from "./context.ts";
import { type Fields, findField } from "./views.ts";
import { EXIT, WskError } from "./wsk-error.ts";

/** Throws unless the field is one of the entity's; undefined stands for none. */
export function checkField(known: Fields, field: string | undefined): void {
  if (field === undefined || findField(known, field) !== undefined) return;
  throw new WskError(`Invalid field filter '${field}'.`, EXIT.general);
}

/** `subject` is e.g. "trigger t"; without a field all of it is shown. */
export function printEntity(
  context: Context,
  subject: string,
  field: string | undefined,
  entity: { readonly view: Encodable; readonly fields: Fields },
): void {
  const which = field === undefined ? "" : `, displaying field ${context.paint.bold(field)}`;
  printOk(context, `got ${subject}${which}`);
  printJson(context, field === undefined ? entity.view : findField(entity.fields, field));
}

/** `wsk rule create|update|enable|disable|status|get|delete` (wsk-cli 8). */
import { toRule } from "../../../client/entities.ts";
import { type Context, checkArgs, printOk } from "../context.ts";
import { checkField, printEntity } from "../entity-output.ts";
import { completeName, parseQualifiedName, type QualifiedName } from "../qualified-name.ts";
import { ruleSummary } from "../summary.ts";
import { ruleFields, ruleView } from "../views.ts";
import { complaining } from "../wsk-error.ts";

export function createRule(context: Context): Promise<void> {
  return putRule(context, false);
}

/** Leaves the rule as active as it was. */
export function updateRule(context: Context): Promise<void> {
  return putRule(context, true);
}

async function putRule(context: Context, overwrite: boolean): Promise<void> {
  const { args, paint } = context;
  checkArgs(args, 3, 3, "A rule, trigger and action name are required.");
  const [given = "", trigger = "", action = ""] = args;
  const { namespace, entityName } = parseQualifiedName(given);
  const record = {
    name: entityName,
    status: "",
    trigger: completeName(trigger),
    action: completeName(action),
  };
  const verb = overwrite ? "update" : "create";
  await complaining(`Unable to ${verb} rule '${entityName}': `, () =>
    context.client().put("rules", namespace, entityName, record, overwrite),
  );
  printOk(context, `${verb}d rule ${paint.bold(entityName)}`);
}

export async function enableRule(context: Context): Promise<void> {
  const name = onlyName(context);
  await complaining(`Unable to enable rule '${name.entityName}': `, () =>
    context.client().setRuleStatus(name.namespace, name.entityName, "active"),
  );
  printOk(context, `enabled rule ${context.paint.bold(name.entityName)}`);
}

export async function disableRule(context: Context): Promise<void> {
  const name = onlyName(context);
  await disable(context, name);
  printOk(context, `disabled rule ${context.paint.bold(name.entityName)}`);
}

function disable(context: Context, { namespace, entityName }: QualifiedName): Promise<void> {
  return complaining(`Unable to disable rule '${entityName}': `, () =>
    context.client().setRuleStatus(namespace, entityName, "inactive"),
  );
}

export async function showRuleStatus(context: Context): Promise<void> {
  const { namespace, entityName } = onlyName(context);
  const complaint = `Unable to get status of rule '${entityName}': `;
  const { status } = await complaining(
    complaint,
    () => context.client().rule(namespace, entityName),
    true,
  );
  printOk(context, `rule ${context.paint.bold(entityName)} is ${context.paint.bold(status)}`);
}

export async function getRule(context: Context): Promise<void> {
  const { args, flags, io, paint } = context;
  checkArgs(args, 1, 2, NAME_REQUIRED);
  const [given = "", field] = args;
  checkField(ruleFields(toRule(undefined)), field);
  const { namespace, entityName } = parseQualifiedName(given);
  const rule = await complaining(
    `Unable to get rule '${entityName}': `,
    () => context.client().rule(namespace, entityName),
    true,
  );
  if (flags.switchedOn("summary")) return io.out(ruleSummary(rule, paint));
  const view = { view: ruleView(rule), fields: ruleFields(rule) };
  printEntity(context, `rule ${paint.bold(entityName)}`, field, view);
}

export async function deleteRule(context: Context): Promise<void> {
  const name = onlyName(context);
  if (context.flags.switchedOn("disable")) await disable(context, name);
  await complaining(`Unable to delete rule '${name.entityName}': `, () =>
    context.client().delete("rules", name.namespace, name.entityName),
  );
  printOk(context, `deleted rule ${context.paint.bold(name.entityName)}`);
}

const NAME_REQUIRED = "A rule name is required.";

function onlyName({ args }: Context): QualifiedName {
  checkArgs(args, 1, 1, NAME_REQUIRED);
  return parseQualifiedName(args[0] ?? "");
}

/** `wsk action create` and `wsk action update` (wsk-cli 4.1, 4.2). */
import { ClientFailure } from "../../../client/failures.ts";
import type { Encodable } from "../../../client/json.ts";
import type { Action, KeyValue } from "../../../client/records.ts";
import { NO_ARTIFACT, readSource } from "../action-source.ts";
import { type Context, checkArgs, printOk } from "../context.ts";
import type { FlagSet } from "../flag-set.ts";
import { givenAnnotations, givenParameters, members } from "../given.ts";
import { parseQualifiedName, type QualifiedName } from "../qualified-name.ts";
import { webAnnotations } from "../web-annotations.ts";
import { complaining, wrapError } from "../wsk-error.ts";

export async function createAction(context: Context): Promise<void> {
  checkArgs(context.args, 1, 2, NO_ARTIFACT);
  const name = await write(context, false);
  printOk(context, `created action ${context.paint.bold(name.entityName)}`);
}

/** Without a code artifact only what is given changes. */
export async function updateAction(context: Context): Promise<void> {
  checkArgs(context.args, 1, 2, "An action name is required. A code artifact is optional.");
  const name = await write(context, true);
  printOk(context, `updated action ${context.paint.bold(name.entityName)}`);
}

async function write(context: Context, isUpdate: boolean): Promise<QualifiedName> {
  const invalid = "Invalid argument(s). ";
  const prepared = await complaining(invalid, () => describe(context, isUpdate), true);
  const { name, record } = prepared;
  // "create" also when it is an update: scripts match on it.
  await complaining(
    `Unable to create action '${name.entityName}': `,
    () => context.client().put("actions", name.namespace, name.entityName, record, isUpdate),
    true,
  );
  return name;
}

type Described = { readonly name: QualifiedName; readonly record: Encodable };

async function describe(context: Context, isUpdate: boolean): Promise<Described> {
  const { args, flags } = context;
  const [given = "", artifact] = args;
  const name = parseQualifiedName(given);
  const parameters = members(givenParameters(context)) ?? [];
  const annotations = members(givenAnnotations(context)) ?? [];
  const source = await readSource(context, artifact, isUpdate);
  const stored = isUpdate ? await findAction(context, name) : undefined;
  const web = webAnnotations({
    given: filled([...annotations, ...source.annotations]),
    stored: stored === undefined ? undefined : (stored.annotations ?? []),
    web: givenText(flags, "web"),
    webSecure: givenText(flags, "web-secure"),
  });
  const deleted = web.delAnnotations ?? (isUpdate ? flags.list("del-annotation") : []);
  const record = {
    namespace: name.namespace,
    name: name.entityName === "" ? undefined : name.entityName,
    exec: source.exec,
    annotations: filled(web.annotations ?? []),
    delAnnotations: filled(deleted),
    parameters: filled<KeyValue>([...parameters, ...source.parameters]),
    limits: limitsOf(flags),
  };
  return { name, record };
}

function filled<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

function givenText(flags: FlagSet, name: string): string | undefined {
  return flags.isSet(name) ? flags.text(name) : undefined;
}

/** Only the limits given on the command line are sent. */
function limitsOf(flags: FlagSet): Encodable {
  const limit = (flag: string): number | undefined =>
    flags.isSet(flag) ? flags.integer(flag) : undefined;
  const limits = {
    timeout: limit("timeout"),
    memory: limit("memory"),
    logs: limit("logsize"),
    concurrency: limit("concurrency"),
  };
  return Object.values(limits).some((value) => value !== undefined) ? limits : undefined;
}

const NOT_FOUND = 404;

/** The action as it is before an update; that it is missing is no error. */
async function findAction(
  context: Context,
  { namespace, entityName }: QualifiedName,
): Promise<Action | undefined> {
  try {
    return await context.client().action(namespace, entityName, false);
  } catch (cause) {
    if (cause instanceof ClientFailure && cause.status === NOT_FOUND) return undefined;
    throw wrapError((inner) => `Unable to get action '${entityName}': ${inner}`, cause, true);
  }
}

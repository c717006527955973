/** `wsk package refresh` (wsk-cli 9). */
import { type Context, checkArgs } from "../context.ts";
import { DEFAULT_NAMESPACE, parseNamespace } from "../qualified-name.ts";
import { complaining, EXIT, WskError } from "../wsk-error.ts";

const OK = 200;

export async function refreshPackages(context: Context): Promise<void> {
  const { args, io } = context;
  checkArgs(args, 0, 1, "An optional namespace is the only valid argument.");
  const namespace = args[0] === undefined ? DEFAULT_NAMESPACE : parseNamespace(args[0]);
  const complaint = `Package refresh for namespace '${namespace}' failed`;
  const { status, added, updated, deleted } = await complaining(`${complaint}: `, () =>
    context.client().refreshPackages(namespace),
  );
  if (status !== OK) {
    const text = `${complaint} due to unexpected HTTP status code: ${status}`;
    throw new WskError(text, EXIT.network);
  }
  const lines = [
    `'${namespace}' refreshed successfully`,
    "created bindings:",
    ...added,
    "updated bindings:",
    ...updated,
    "deleted bindings:",
    ...deleted,
  ];
  io.out(lines.map((line) => `${line}\n`).join(""));
}

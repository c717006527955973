/** `wsk api delete` (wsk-cli 11). */
import { apiAccess, callingApi, selectionOf } from "../api-access.ts";
import { type Context, checkArgs, printOk } from "../context.ts";

export async function deleteApi(context: Context): Promise<void> {
  const { args } = context;
  checkArgs(
    args,
    1,
    3,
    "An API base path or API name is required.  An optional API relative path and operation may also be provided.",
  );
  const access = await apiAccess(context);
  const selection = selectionOf(args);
  await callingApi("Unable to delete API: ", () => context.client().apis.delete(access, selection));
  const { basepath, relpath, operation } = selection;
  if (relpath === undefined) return printOk(context, `deleted API ${basepath}`);
  const part = operation === undefined ? relpath : `${relpath} ${operation}`;
  printOk(context, `deleted ${part} from ${basepath}`);
}

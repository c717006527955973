/** `wsk api list` (wsk-cli 11). */
import type { Api } from "../../../client/swagger.ts";
import { apiAccess, callingApi, selectionOf } from "../api-access.ts";
import { type ApiRow, apiBlock, apiRows, apiTable, sortApiRows } from "../api-rows.ts";
import { type Context, checkArgs, printOk } from "../context.ts";
import { complaining } from "../wsk-error.ts";

const COMPLAINT = "Unable to obtain the API list: ";

export async function listApis(context: Context): Promise<void> {
  const { args, flags } = context;
  checkArgs(
    args,
    0,
    3,
    "Optional parameters are: API base path (or API name), API relative path and operation.",
  );
  const [apis, only] =
    args.length === 0
      ? [await fetchPage(context), {}]
      : [await fetchSelected(context), selectionOf(args)];
  const found = apis.flatMap((api) => apiRows(api, only));
  const rows = flags.switchedOn("name-sort") ? sortApiRows(found) : found;
  printOk(context, "APIs");
  if (flags.switchedOn("full")) printBlocks(context, rows);
  else printTable(context, rows);
}

async function fetchPage(context: Context): Promise<readonly Api[]> {
  const { flags } = context;
  const page = { limit: flags.integer("limit"), skip: flags.integer("skip") };
  const access = await apiAccess(context);
  return callingApi(COMPLAINT, () => context.client().apis.list(access, page));
}

/** Here the exit code tells what was answered. */
async function fetchSelected(context: Context): Promise<readonly Api[]> {
  const access = await apiAccess(context);
  const selection = selectionOf(context.args);
  return complaining(COMPLAINT, () => context.client().apis.find(access, selection));
}

function printTable({ io, paint }: Context, rows: readonly ApiRow[]): void {
  const { header, lines } = apiTable(rows);
  // The bold type of the original spans the line break unless the list is empty.
  io.out(rows.length === 0 ? `${paint.bold(header)}\n` : paint.bold(`${header}\n`));
  io.out(lines.map((line) => `${line}\n`).join(""));
}

function printBlocks({ io }: Context, rows: readonly ApiRow[]): void {
  io.out(rows.length === 0 ? "\n" : rows.map(apiBlock).join(""));
}

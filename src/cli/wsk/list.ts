/** Lists of entities: header, rows, order (wsk-cli 5). */
import { type Action, findValue, type Listed } from "../../client/records.ts";
import type { Context } from "./context.ts";

export type Row = { readonly namespace: string; readonly name: string; readonly text: string };

const NAME_WIDTH = 70;
const STATE_WIDTH = 20;

/** Bold header, even above an empty list, then the rows. */
export function printList(context: Context, header: string, rows: readonly Row[]): void {
  const { io, paint } = context;
  // The bold type of the original spans the line break unless the list is empty.
  io.out(rows.length === 0 ? `${paint.bold(header)}\n` : paint.bold(`${header}\n`));
  io.out(rows.map(({ text }) => `${text}\n`).join(""));
}

export function actionRow(action: Action): Row {
  const { namespace = "", name = "" } = action;
  const kind = findValue(action.annotations, "exec");
  return {
    namespace,
    name,
    text: `${padName(namespace, name)} private ${typeof kind === "string" ? kind : ""}`,
  };
}

export function packageRow({ namespace, name, publish }: Listed): Row {
  const state = publish ? "shared" : "private";
  return { namespace, name, text: `${padName(namespace, name)} ${state}` };
}

export function triggerRow({ namespace, name }: Listed): Row {
  return { namespace, name, text: `${padName(namespace, name)} private` };
}

export function ruleRow({ namespace, name, status }: Listed): Row {
  const state = "private".padEnd(STATE_WIDTH);
  return { namespace, name, text: `${padName(namespace, name)} ${state} ${status}` };
}

function padName(namespace: string, name: string): string {
  return `/${namespace}/${name}`.padEnd(NAME_WIDTH);
}

/** Packages, triggers and rules: by namespace and name, without regard to case. */
export function sortByName(rows: readonly Row[]): readonly Row[] {
  return [...rows].sort((a, b) => compare(lowered(a), lowered(b)));
}

/**
 * Actions: those outside packages first, by name and with regard to case; then the packaged ones,
 * without.
 */
export function sortActions(rows: readonly Row[]): readonly Row[] {
  const isPackaged = (row: Row): boolean => row.namespace.includes("/");
  const loose = rows.filter((row) => !isPackaged(row)).sort((a, b) => compare(a.name, b.name));
  return [...loose, ...sortByName(rows.filter(isPackaged))];
}

const lowered = (row: Row): string => `${row.namespace}${row.name}`.toLowerCase();
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

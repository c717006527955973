/** Operations of APIs as lists show them: a table, or six lines for each (wsk-cli 11). */
import { type Api, type Operation, VERBS } from "../../client/swagger.ts";

export type ApiRow = {
  /** "" when no action is behind the operation */
  readonly action: string;
  /** in lower case */
  readonly verb: string;
  readonly name: string;
  readonly basePath: string;
  readonly path: string;
  readonly url: string;
};

/** The operations of an API, only those of the path and the verb when these are given. */
export function apiRows(
  { gwApiUrl, apidoc }: Api,
  only: { readonly relpath?: string | undefined; readonly operation?: string | undefined },
): readonly ApiRow[] {
  const { basePath = "", info, paths = [] } = apidoc ?? {};
  const isWanted = (wanted: string | undefined, value: string): boolean =>
    wanted === undefined || wanted === value;
  return [...paths]
    .filter(([path]) => isWanted(only.relpath, path))
    .flatMap(([path, item]) =>
      VERBS.filter((verb) => isWanted(only.operation?.toLowerCase(), verb)).flatMap((verb) => {
        const operation = item[verb];
        if (operation === undefined) return [];
        const url = withoutSlash(gwApiUrl) + path;
        const name = info?.title ?? "";
        return [{ action: actionPath(operation), verb, name, basePath, path, url }];
      }),
    );
}

/** `/ns/pkg/name` of the action behind an operation; "" when there is none. */
export function actionPath(operation: Operation | undefined): string {
  const action = operation?.["x-openwhisk"];
  if (action === undefined) return "";
  const parts = [action.namespace, action.package, action.action];
  return parts
    .filter((part, index) => index !== 1 || part !== "")
    .map((part) => `/${part}`)
    .join("");
}

export function withoutSlash(path: string): string {
  return path.endsWith("/") ? path.slice(0, -1) : path;
}

/** By base path, path and verb, without regard to case. */
export function sortApiRows(rows: readonly ApiRow[]): readonly ApiRow[] {
  const key = ({ basePath, path, verb }: ApiRow): string => (basePath + path + verb).toLowerCase();
  return [...rows].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

const HEADER = { action: "Action", verb: "Verb", name: "API Name", url: "URL" };
const ACTION_WIDTH_MAX = 40;
const NAME_WIDTH_MAX = 30;
/** Widths of the header above nothing. */
const EMPTY_WIDTHS = { action: 30, name: 19 };

/** Header and rows; what is wider than its column is cut. */
export function apiTable(rows: readonly ApiRow[]): { header: string; lines: readonly string[] } {
  if (rows.length === 0) return { header: tableLine(HEADER, EMPTY_WIDTHS), lines: [] };
  const width = (column: "action" | "name", most: number): number =>
    Math.min(most, Math.max(...[HEADER, ...rows].map((row) => row[column].length)));
  const widths = {
    action: width("action", ACTION_WIDTH_MAX),
    name: width("name", NAME_WIDTH_MAX),
  };
  return { header: tableLine(HEADER, widths), lines: rows.map((row) => tableLine(row, widths)) };
}

function tableLine(
  { action, verb, name, url }: typeof HEADER,
  widths: { readonly action: number; readonly name: number },
): string {
  const cells = [
    action.slice(0, widths.action).padEnd(widths.action),
    verb.padStart(7),
    name.slice(0, widths.name).padStart(widths.name + 1),
  ];
  return `${cells.join(" ")}  ${url}`;
}

export function apiBlock({ action, name, basePath, path, verb, url }: ApiRow): string {
  const others = [
    `API Name: ${name}`,
    `Base path: ${basePath}`,
    `Path: ${path}`,
    `Verb: ${verb}`,
    `URL: ${url}`,
  ];
  return `Action: ${action}\n${others.map((line) => `   ${line}\n`).join("")}`;
}

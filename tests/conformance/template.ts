/**
 * What case files leave open: `{{name}}` in any text, and three makers of request content:
 * {"<repeat>": ["a", 1048577]}, {"<zip>": {"index.js": "…"}} (base64), {"<join>": [text, …]}.
 */
import { strToU8, zipSync } from "fflate";

export type Variables = Readonly<Record<string, string>>;

const HOLE = /\{\{([a-zA-Z][\w-]*)\}\}/gu;
const ZIP_TIME = new Date("2020-01-01T00:00:00Z");

function fill(text: string, variables: Variables): string {
  return text.replace(HOLE, (_, name: string) => {
    const value = variables[name];
    if (value === undefined) throw new Error(`nothing was captured or declared as {{${name}}}`);
    return value;
  });
}

/** The text of one maker; undefined when the object is plain. */
function make(value: object, variables: Variables): string | undefined {
  const [[maker, argument] = ["", undefined], ...others] = Object.entries(value);
  if (others.length > 0) return undefined;
  if (maker === "<repeat>") {
    const [text, times] = argument as [string, number];
    return text.repeat(times);
  }
  if (maker === "<join>") {
    return (argument as unknown[]).map((part) => render(part, variables)).join("");
  }
  if (maker === "<zip>") {
    const files = Object.entries(argument as Record<string, string>);
    const entries = files.map(([path, text]) => [path, strToU8(fill(text, variables))] as const);
    const bytes = zipSync(Object.fromEntries(entries), { mtime: ZIP_TIME });
    return Buffer.from(bytes).toString("base64");
  }
  return undefined;
}

/** `value` with every hole filled and every maker replaced by its text. */
export function render(value: unknown, variables: Variables): unknown {
  if (typeof value === "string") return fill(value, variables);
  if (Array.isArray(value)) return value.map((item) => render(item, variables));
  if (typeof value !== "object" || value === null) return value;
  const made = make(value, variables);
  if (made !== undefined) return made;
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.map(([key, item]) => [fill(key, variables), render(item, variables)]),
  );
}

/** The names of all holes in `value`. */
export function holes(value: unknown): Set<string> {
  const text = JSON.stringify(value) ?? "";
  return new Set([...text.matchAll(HOLE)].map((match) => match[1] ?? ""));
}

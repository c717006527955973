/** Reads the value of one setting, from a text (environment, flag) or from the file's JSON. */
import { isIP } from "node:net";
import { join, resolve } from "node:path";
import { didYouMean } from "../lib/suggest.ts";
import { parseUsers } from "./parse-users.ts";
import { type Parsed, problem, quote } from "./parsed.ts";
import { parseQuantity } from "./quantity.ts";
import type {
  EnumSetting,
  IntSetting,
  KeysSetting,
  PathSetting,
  Prewarm,
  Setting,
  TextSetting,
} from "./setting.ts";

export type Folders = { readonly home: string; readonly base: string };

/**
 * `folders.base` is where a relative path counts from.
 * The result has the type that `ValueOf` in config.ts gives to the row.
 */
export function parseValue(setting: Setting, raw: unknown, folders: Folders): Parsed<unknown> {
  switch (setting.type) {
    case "int":
      return parseInteger(setting, raw);
    case "enum":
      return parseWord(setting, raw);
    case "text":
      return setting.holds === "host" ? parseHost(raw) : parseUrl(setting, raw);
    case "path":
      return parsePath(setting, raw, folders);
    case "list":
      return parseList(raw, setting.items === "host" ? parseHost : parseNetwork);
    case "prewarm":
      return parsePrewarm(raw);
    case "keys":
      return parseKeys(setting, raw);
    case "users":
      return parseUsers(raw);
  }
}

function parseInteger(setting: IntSetting, raw: unknown): Parsed<number | string> {
  const words = setting.words ?? [];
  // YAML 1.1 editors and people write a bare `off`; some tools turn it into false on the way.
  const text = raw === false && words.includes("off") ? "off" : raw;
  if (typeof text === "string" && words.includes(text.trim())) return { value: text.trim() };
  const value = typeof text === "string" ? parseQuantity(text, setting.unit) : text;
  if (typeof value !== "number" || !Number.isSafeInteger(value)) {
    const unit = setting.unit === undefined ? "" : ` (${setting.unit})`;
    const or = words.map((word) => ` or "${word}"`).join("");
    return problem(`${quote(raw)} is not a whole number${unit}${or}`);
  }
  if (value < setting.min) return problem(`${value} is less than ${setting.min}`);
  if (value > setting.max) return problem(`${value} is more than ${setting.max}`);
  return { value };
}

function parseWord(setting: EnumSetting, given: unknown): Parsed<string> {
  // A bare `on` or `off` may have become a truth value on the way here.
  const word = given === true ? "on" : given === false ? "off" : given;
  const raw = setting.values.includes(String(word)) ? word : given;
  if (typeof raw === "string" && setting.values.includes(raw.trim())) return { value: raw.trim() };
  const hint = typeof raw === "string" ? didYouMean(raw, setting.values) : "";
  return problem(`${quote(raw)} is not one of ${setting.values.join(", ")}${hint}`);
}

function parseHost(raw: unknown): Parsed<string> {
  const host = typeof raw === "string" ? raw.trim() : "";
  const isName = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(host) && host.length <= 253;
  if (isIP(host) !== 0 || isName) return { value: host };
  return problem(`${quote(raw)} is not a host name or an IP address`);
}

/** Without a slash at its end. */
function parseUrl({ words = [] }: TextSetting, raw: unknown): Parsed<string> {
  const text = typeof raw === "string" ? raw.trim() : "";
  if (words.includes(text)) return { value: text };
  const isWhole = /^https?:\/\/[^\s?#]+$/i.test(text) && URL.canParse(text);
  if (isWhole) return { value: text.replace(/\/+$/, "") };
  const or = words.map((word) => ` or "${word}"`).join("");
  return problem(`${quote(raw)} is not a URL such as https://example.org${or}`);
}

/** Absolute path for `path`, with "~" as the home folder. */
function expandPath(path: string, folders: Folders): string {
  if (path === "~") return folders.home;
  if (path.startsWith("~/")) return join(folders.home, path.slice(2));
  return resolve(folders.base, path);
}

function parsePath(setting: PathSetting, raw: unknown, folders: Folders): Parsed<string> {
  if (typeof raw !== "string" || raw.trim() === "" || raw.includes("\0")) {
    return problem(`${quote(raw)} is not a path`);
  }
  if (setting.words?.includes(raw)) return { value: raw };
  return { value: expandPath(raw, folders) };
}

/** An address stands for the network of itself alone. */
function parseNetwork(raw: unknown): Parsed<string> {
  const text = typeof raw === "string" ? raw.trim() : "";
  const [address = "", bits = ""] = text.split(/\/(.*)/s);
  const family = isIP(address);
  const isWhole = !text.includes("/");
  const isNarrow = /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
  if (family !== 0 && (isWhole || isNarrow)) return { value: text };
  return problem(`${quote(raw)} is not an IP address or a network such as 10.0.0.0/8`);
}

function parseList(
  raw: unknown,
  parse: (item: unknown) => Parsed<string>,
): Parsed<readonly string[]> {
  const items = typeof raw === "string" ? raw.split(",").filter((item) => item.trim()) : raw;
  if (!Array.isArray(items)) return problem(`${quote(raw)} is not a list`);
  const value: string[] = [];
  const problems: string[] = [];
  for (const item of items) {
    const parsed = parse(item);
    if ("value" in parsed) value.push(parsed.value);
    else problems.push(...parsed.problems);
  }
  return problems.length > 0 ? { problems } : { value };
}

const PREWARM_COUNT_MAX = 100;

function parsePrewarm(raw: unknown): Parsed<readonly Prewarm[]> {
  const rows = typeof raw === "string" ? raw.split(",") : Array.isArray(raw) ? raw : undefined;
  if (rows === undefined) return problem(`${quote(raw)} is not a list of kind:count:memory`);
  const value: Prewarm[] = [];
  const problems: string[] = [];
  for (const row of rows) {
    if (row === "") continue;
    // The kind itself has a colon: the two numbers are taken from the right.
    const match = typeof row === "string" ? /^\s*(\S+):(\d+):(\d+)\s*$/.exec(row) : null;
    const [count, memoryMb] = [Number(match?.[2]), Number(match?.[3])];
    if (match === null) {
      problems.push(`${quote(row)} is not kind:count:memory, such as nodejs:20:2:256`);
    } else if (count > PREWARM_COUNT_MAX) {
      problems.push(`${quote(row)} asks for more than ${PREWARM_COUNT_MAX} processes`);
    } else {
      value.push({ kind: match[1] ?? "", count, memoryMb });
    }
  }
  return problems.length > 0 ? { problems } : { value };
}

/** Problems never quote a key. */
function parseKeys(setting: KeysSetting, raw: unknown): Parsed<readonly string[]> {
  const list = typeof raw === "string" ? raw.split(",") : raw;
  const { keyBytes } = setting;
  const isKey = (text: unknown): text is string =>
    typeof text === "string" &&
    /^[A-Za-z0-9+/]+={0,2}$/.test(text.trim()) &&
    Buffer.from(text, "base64").length === keyBytes;
  if (!Array.isArray(list) || !list.every(isKey)) {
    return problem(`is not a list of keys of ${keyBytes} bytes in base64`);
  }
  return { value: list.map((text) => text.trim()) };
}

/** The text from which `parsePrewarm` makes the same rows. */
export function formatPrewarm(rows: readonly Prewarm[]): string {
  return rows.map((row) => `${row.kind}:${row.count}:${row.memoryMb}`).join(",");
}

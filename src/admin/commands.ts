/** Every admin command as data, so that it can be run here or in the server that has the store. */
import { isJsonObject } from "../lib/json.ts";
import { type DbGet, getDatabase } from "./database.ts";
import {
  deleteLimits,
  getLimits,
  type LimitsDelete,
  type LimitsGet,
  type LimitsSet,
  setLimits,
} from "./limits.ts";
import type { AdminResult } from "./result.ts";
import type { AdminStore } from "./store.ts";
import {
  blockUsers,
  createUser,
  deleteUser,
  getUser,
  listUsers,
  type UserBlock,
  type UserCreate,
  type UserDelete,
  type UserGet,
  type UserList,
  type UserWhois,
  whoisUser,
} from "./users.ts";

export type AdminCommand =
  | UserCreate
  | UserDelete
  | UserGet
  | UserWhois
  | UserList
  | UserBlock
  | LimitsSet
  | LimitsGet
  | LimitsDelete
  | DbGet;

/** Rejects with a `PlatformError` when the store fails. */
export function runCommand(store: AdminStore, command: AdminCommand): Promise<AdminResult> {
  switch (command.verb) {
    case "user.create":
      return createUser(store, command);
    case "user.delete":
      return deleteUser(store, command);
    case "user.get":
      return getUser(store, command);
    case "user.whois":
      return whoisUser(store, command);
    case "user.list":
      return listUsers(store, command);
    case "user.block":
    case "user.unblock":
      return blockUsers(store, command);
    case "limits.set":
      return setLimits(store, command);
    case "limits.get":
      return getLimits(store, command);
    case "limits.delete":
      return deleteLimits(store, command);
    case "db.get":
      return getDatabase(store, command);
  }
}

type Shape = Readonly<Record<string, "text" | "texts" | "truth" | "count" | "limits">>;

/** Members of each command; "!" marks those that must be there. */
const SHAPES: Readonly<Record<AdminCommand["verb"], Shape>> = {
  "user.create": {
    "subject!": "text",
    auth: "text",
    namespace: "text",
    revoke: "truth",
    genonly: "truth",
    silent: "truth",
  },
  "user.delete": { "subject!": "text", namespace: "text" },
  "user.get": { "subject!": "text", namespace: "text", all: "truth" },
  "user.whois": { "authkey!": "text" },
  "user.list": { "namespace!": "text", pick: "count", all: "truth", key: "truth" },
  "user.block": { "subjects!": "texts" },
  "user.unblock": { "subjects!": "texts" },
  "limits.set": { "namespace!": "text", "given!": "limits" },
  "limits.get": { "namespace!": "text" },
  "limits.delete": { "namespace!": "text" },
  "db.get": { "database!": "text", view: "text", docs: "truth" },
};

const isText = (value: unknown): boolean => typeof value === "string";
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const HOLDS: Readonly<Record<Shape[string], (value: unknown) => boolean>> = {
  text: isText,
  texts: isTexts,
  truth: (value) => typeof value === "boolean",
  count: (value) => Number.isSafeInteger(value),
  limits: (value) =>
    isJsonObject(value) && Object.values(value).every((own) => isText(own) || isTexts(own)),
};

/** Reads a command that came over the admin channel; undefined when it is none. */
export function readCommand(text: string): AdminCommand | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isJsonObject(value)) return undefined;
  const { verb, ...members } = value as Record<string, unknown>;
  if (typeof verb !== "string" || !Object.hasOwn(SHAPES, verb)) return undefined;
  const shape = Object.entries(SHAPES[verb as AdminCommand["verb"]]);
  const known = new Map(shape.map(([name, holds]) => [name.replace("!", ""), holds]));
  const isWhole = shape.every(([name]) => !name.endsWith("!") || name.slice(0, -1) in members);
  const isGood = Object.entries(members).every(([name, member]) => {
    const holds = known.get(name);
    return holds !== undefined && HOLDS[holds](member);
  });
  // Every member was checked against the table of this verb.
  return isWhole && isGood ? (value as unknown as AdminCommand) : undefined;
}

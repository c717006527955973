/** Reads the `users` block. Problems never quote a key. */
import type { NamespaceLimits } from "../core/documents.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { User } from "./config.ts";
import { type Parsed, problem } from "./parsed.ts";

/** Members of a namespace's limits and what they hold (openwhisk-api.md 3.6). */
const LIMITS = {
  invocationsPerMinute: "int",
  concurrentInvocations: "int",
  firesPerMinute: "int",
  allowedKinds: "kinds",
  storeActivations: "bool",
  minActionMemory: "int",
  maxActionMemory: "int",
  minActionLogs: "int",
  maxActionLogs: "int",
  minActionTimeout: "int",
  maxActionTimeout: "int",
  minActionConcurrency: "int",
  maxActionConcurrency: "int",
  maxParameterSize: "size",
  maxPayloadSize: "size",
  truncationSize: "size",
  maxActionInstances: "int",
} as const satisfies Record<keyof NamespaceLimits, "int" | "kinds" | "bool" | "size">;

const isKind = {
  int: (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0,
  bool: (value: unknown) => typeof value === "boolean",
  kinds: (value: unknown) =>
    Array.isArray(value) && value.every((kind) => typeof kind === "string"),
  size: (value: unknown) => typeof value === "string" && /^\d+\s*([kmg]?b|[kmg])$/i.test(value),
};
const MEANING = {
  int: "a whole number from 0",
  bool: "true or false",
  kinds: "a list of kinds",
  size: 'a size such as "512 KB"',
};

type Record_ = Readonly<Record<string, unknown>>;
const isRecord = (value: unknown): value is Record_ =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A list of users, or JSON text of one. */
export function parseUsers(raw: unknown): Parsed<readonly User[]> {
  let list = raw;
  if (typeof raw === "string") {
    try {
      list = JSON.parse(raw);
    } catch {
      return problem("is not JSON");
    }
  }
  if (!Array.isArray(list)) return problem("is not a list of users");
  const problems = list.flatMap((user, index) => problemsOfUser(user, `users[${index}]`));
  problems.push(...duplicates(list));
  // Every member has been checked above.
  return problems.length > 0 ? { problems } : { value: list as User[] };
}

function unknownMembers(record: Record_, known: readonly string[], at: string): string[] {
  return Object.keys(record)
    .filter((name) => !known.includes(name))
    .map((name) => `${at}.${name} is unknown${didYouMean(name, known)}`);
}

function problemsOfUser(user: unknown, at: string): string[] {
  if (!isRecord(user)) return [`${at} is not an object`];
  const problems = unknownMembers(user, ["subject", "namespaces", "limits"], at);
  const { subject, namespaces, limits } = user;
  if (typeof subject !== "string" || subject.length < 5) {
    problems.push(`${at}.subject is not a text of at least 5 characters`);
  }
  if (!Array.isArray(namespaces) || namespaces.length === 0) {
    problems.push(`${at}.namespaces is not a list of at least one namespace`);
  } else {
    problems.push(
      ...namespaces.flatMap((row, i) => problemsOfSpace(row, `${at}.namespaces[${i}]`)),
    );
  }
  if (limits !== undefined) problems.push(...problemsOfLimits(limits, `${at}.limits`));
  return problems;
}

function problemsOfSpace(space: unknown, at: string): string[] {
  if (!isRecord(space)) return [`${at} is not an object`];
  const problems = unknownMembers(space, ["name", "uuid", "key"], at);
  const { name, uuid, key } = space;
  if (typeof name !== "string" || !/^(\w|\w[\w@ .&-]{0,254}[\w@.&-])$/.test(name)) {
    problems.push(`${at}.name is not a namespace name`);
  }
  if (typeof uuid !== "string" || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(uuid)) {
    problems.push(`${at}.uuid is not a UUID`);
  }
  if (typeof key !== "string" || !/^[!-~]{64}$/.test(key) || key.includes(":")) {
    problems.push(`${at}.key is not a text of 64 letters and digits`);
  }
  return problems;
}

function problemsOfLimits(limits: unknown, at: string): string[] {
  if (!isRecord(limits)) return [`${at} is not an object`];
  const problems = unknownMembers(limits, Object.keys(LIMITS), at);
  for (const [name, kind] of Object.entries(LIMITS)) {
    const value = limits[name];
    if (value !== undefined && !isKind[kind](value)) {
      problems.push(`${at}.${name} is not ${MEANING[kind]}`);
    }
  }
  return problems;
}

/** A subject or a namespace's uuid that stands twice would leave open whose key counts. */
function duplicates(users: readonly unknown[]): string[] {
  const records = users.filter(isRecord);
  const spaces = records
    .flatMap((user) => (Array.isArray(user["namespaces"]) ? user["namespaces"] : []))
    .filter(isRecord);
  return [
    ...twice(records.map((user) => user["subject"])).map(
      (name) => `subject "${name}" stands twice`,
    ),
    ...twice(spaces.map((space) => space["uuid"])).map((uuid) => `uuid "${uuid}" stands twice`),
  ];
}

function twice(values: readonly unknown[]): string[] {
  const texts = values.filter((value) => typeof value === "string");
  return [...new Set(texts.filter((value, index) => texts.indexOf(value) !== index))];
}

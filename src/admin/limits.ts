/**
 * `limits set|get|delete` of a namespace, with the texts of the original's `wskadmin`. What is not
 * given stays as it was.
 */
import type { NamespaceLimits } from "../core/documents.ts";
import { isEntityName } from "../core/entity-name.ts";
import { parseSize } from "../core/limits.ts";
import { type AdminResult, done, failed, MISSING, misused } from "./result.ts";
import type { AdminStore } from "./store.ts";

/** Every limit that can be set, in the original's order, with what it holds. */
export const LIMITS = {
  invocationsPerMinute: { holds: "count", help: "invocations per minute allowed" },
  firesPerMinute: { holds: "count", help: "trigger fires per minute allowed" },
  concurrentInvocations: { holds: "count", help: "invocations allowed at once" },
  allowedKinds: { holds: "kinds", help: "kinds allowed in this namespace" },
  storeActivations: { holds: "truth", help: "store activation records: yes or no" },
  minActionMemory: { holds: "count", help: "least memory of an action, MB" },
  maxActionMemory: { holds: "count", help: "most memory of an action, MB" },
  minActionLogs: { holds: "count", help: "least log size of an activation, MB" },
  maxActionLogs: { holds: "count", help: "most log size of an activation, MB" },
  minActionTimeout: { holds: "count", help: "shortest time limit of an action, ms" },
  maxActionTimeout: { holds: "count", help: "longest time limit of an action, ms" },
  minActionConcurrency: { holds: "count", help: "least concurrency of an action" },
  maxActionConcurrency: { holds: "count", help: "most concurrency of an action" },
  maxParameterSize: { holds: "size", help: 'longest parameters, e.g. "512 KB"' },
  maxPayloadSize: { holds: "size", help: "longest arguments of an invocation" },
  truncationSize: { holds: "size", help: "what is kept of a longer result" },
} as const satisfies Partial<Record<keyof NamespaceLimits, { holds: string; help: string }>>;

export type LimitName = keyof typeof LIMITS;
export const LIMIT_NAMES = Object.keys(LIMITS) as readonly LimitName[];

export type LimitsSet = {
  readonly verb: "limits.set";
  readonly namespace: string;
  /** As text, by name; several texts for the kinds. */
  readonly given: Readonly<Record<string, string | readonly string[]>>;
};
export type LimitsGet = { readonly verb: "limits.get"; readonly namespace: string };
export type LimitsDelete = { readonly verb: "limits.delete"; readonly namespace: string };

export async function setLimits(store: AdminStore, command: LimitsSet): Promise<AdminResult> {
  const { namespace, given } = command;
  if (!isEntityName(namespace)) return misused(`Namespace "${namespace}" is not a legal name`);
  const parsed = parseGiven(given);
  if (typeof parsed === "string") return misused(parsed);
  const before = await store.identities.getLimits(namespace);
  await store.identities.putLimits(namespace, { ...before, ...parsed });
  return done(`Limits successfully set for "${namespace}"`);
}

export async function getLimits(store: AdminStore, command: LimitsGet): Promise<AdminResult> {
  const limits = await store.identities.getLimits(command.namespace);
  if (limits === undefined) return done("No limits found, default system limits apply");
  const lines = LIMIT_NAMES.flatMap((name) => {
    const value = limits[name];
    return value === undefined ? [] : [`${name} = ${pythonText(value)}`];
  });
  return done(...lines);
}

export async function deleteLimits(store: AdminStore, command: LimitsDelete): Promise<AdminResult> {
  const { namespace } = command;
  if ((await store.identities.getLimits(namespace)) === undefined) {
    return failed(`Failed to delete limits (${MISSING})`);
  }
  await store.identities.putLimits(namespace, undefined);
  return done("Limits deleted");
}

/** The limits as they are stored, or what is wrong with one. */
function parseGiven(given: LimitsSet["given"]): NamespaceLimits | string {
  const limits: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(given)) {
    if (!isLimitName(name)) return `${name} is not a limit`;
    const value = parseLimit(name, text);
    if (value instanceof Error) return value.message;
    limits[name] = value;
  }
  // Each value has just been read as what LIMITS says of its name.
  return limits as NamespaceLimits;
}

function isLimitName(name: string): name is LimitName {
  return Object.hasOwn(LIMITS, name);
}

function parseLimit(name: LimitName, given: string | readonly string[]): unknown {
  if (typeof given !== "string") {
    return LIMITS[name].holds === "kinds" ? given : new Error(`--${name}: one value only`);
  }
  const text = given.trim();
  switch (LIMITS[name].holds) {
    case "kinds":
      return [text];
    case "count":
      if (/^\d{1,10}$/.test(text) && Number(text) < 2 ** 31) return Number(text);
      return new Error(`argument --${name}: invalid int value: '${given}'`);
    case "truth":
      if (/^(yes|true)$/i.test(text)) return true;
      if (/^(no|false)$/i.test(text)) return false;
      return new Error(`argument --${name}: ${given} is not a valid boolean.`);
    case "size":
      if (parseSize(text) !== undefined) return text;
      return new Error(
        `argument --${name}: Size Unit not supported. Only "B", "K[B]", "M[B]" and "G[B]" are ` +
          "supported.",
      );
  }
}

/** The original is a Python program, and prints values as Python writes them. */
function pythonText(value: NamespaceLimits[LimitName]): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "object") return `[${value.map((kind) => `'${kind}'`).join(", ")}]`;
  return String(value);
}

/**
 * Limits of actions and namespaces: bounds as data, how a namespace narrows them, what a request
 * may ask for (openwhisk-api.md 3.6, 4.3).
 */
import { requireRecord } from "./content.ts";
import type { Json, JsonObject, Limits, NamespaceLimits } from "./documents.ts";
import { badContent, PlatformError } from "./errors.ts";

/** `std` is what an action gets that does not say. */
export type Bounds = { readonly min: number; readonly max: number; readonly std: number };
export type Range = { readonly min: number; readonly max: number };

export type SystemLimits = {
  /** ms */
  readonly timeout: Bounds;
  /** MB */
  readonly memory: Bounds;
  /** MB */
  readonly logs: Bounds;
  /** activations at once in one container */
  readonly concurrency: Bounds;
  /** code, entry point and image together, as sent */
  readonly codeBytesMax: number;
  /** parameters; annotations on their own again */
  readonly parameterBytesMax: number;
  /** arguments in, result out */
  readonly payloadBytesMax: number;
  /** what is kept of a longer result */
  readonly truncationBytes: number;
  readonly sequenceLengthMax: number;
  readonly invocationsPerMinute: number;
  readonly concurrentInvocations: number;
  readonly firesPerMinute: number;
};

/** What holds for one namespace: its own wishes, within the system's bounds. */
export type EffectiveLimits = {
  readonly timeout: Range;
  readonly memory: Range;
  readonly logs: Range;
  readonly concurrency: Range;
  readonly parameterBytesMax: number;
  readonly payloadBytesMax: number;
  readonly truncationBytes: number;
  readonly invocationsPerMinute: number;
  readonly concurrentInvocations: number;
  readonly firesPerMinute: number;
};

const MIB = 1024 * 1024;

/** A throttle that is off; clients decode these numbers as 32-bit integers. */
export const UNLIMITED = 2 ** 31 - 1;

/** Limits for an action that names none. */
export function standardLimits(system: SystemLimits): Limits {
  return {
    timeout: system.timeout.std,
    memory: system.memory.std,
    logs: system.logs.std,
    concurrency: system.concurrency.std,
  };
}

/**
 * A namespace may lower a maximum and raise a minimum, never the other way round. A document with
 * an unreadable size is ignored as a whole, as in the original.
 */
export function effectiveLimits(system: SystemLimits, namespace: NamespaceLimits): EffectiveLimits {
  const sizes = [namespace.maxParameterSize, namespace.maxPayloadSize, namespace.truncationSize];
  const isReadable = sizes.every((size) => size === undefined || parseSize(size) !== undefined);
  const own = isReadable ? namespace : {};
  return {
    timeout: narrow(system.timeout, own.minActionTimeout, own.maxActionTimeout),
    memory: narrow(system.memory, own.minActionMemory, own.maxActionMemory),
    logs: narrow(system.logs, own.minActionLogs, own.maxActionLogs),
    concurrency: narrow(system.concurrency, own.minActionConcurrency, own.maxActionConcurrency),
    parameterBytesMax: lower(system.parameterBytesMax, own.maxParameterSize),
    payloadBytesMax: lower(system.payloadBytesMax, own.maxPayloadSize),
    truncationBytes: lower(system.truncationBytes, own.truncationSize),
    invocationsPerMinute: own.invocationsPerMinute ?? system.invocationsPerMinute,
    concurrentInvocations: own.concurrentInvocations ?? system.concurrentInvocations,
    firesPerMinute: own.firesPerMinute ?? system.firesPerMinute,
  };
}

function narrow(bounds: Bounds, min = bounds.min, max = bounds.max): Range {
  return { min: Math.max(min, bounds.min), max: Math.min(max, bounds.max) };
}

function lower(system: number, size: string | undefined): number {
  return Math.min(system, size === undefined ? system : (parseSize(size) ?? system));
}

const SIZE = /^\s?(\d+)\s?(GB|MB|KB|B|G|M|K)\s?$/i;
const UNITS: Readonly<Record<string, number>> = { B: 1, K: 1024, M: MIB, G: 1024 * MIB };

/** Bytes of "512 KB", "1m", "7 B"; undefined when it is no size. */
export function parseSize(text: string): number | undefined {
  const [, digits, unit] = SIZE.exec(text) ?? [];
  const factor = UNITS[unit?.charAt(0).toUpperCase() ?? ""];
  return factor === undefined ? undefined : Number(digits) * factor;
}

/** Reads the members of `limits` that a request gives. Throws `CONTENT_MALFORMED`. */
export function parseLimits(value: Json): Partial<Limits> {
  const object = requireRecord(value, "timeout");
  const whole = (name: keyof Limits, label: string, malformed = label): Partial<Limits> =>
    readLimit(object, name, `${label} limit must be whole number`, `${malformed} limit malformed`);
  const limits = {
    ...whole("timeout", "time"),
    ...notNegative(whole("memory", "memory"), "memory"),
    ...notNegative(whole("logs", "log"), "logs"),
    ...whole("concurrency", "intra concurrency", "concurrency"),
    ...whole("instances", "instance concurrency"),
  };
  if (limits.instances !== undefined && limits.instances < 0) {
    throw failed("Action container concurrency must be greater than or equal to 0.");
  }
  return limits;
}

/** Throws `BAD_REQUEST` for the first given member that is out of bounds. */
export function checkLimits(limits: Partial<Limits>, bounds: EffectiveLimits): void {
  check(limits.memory, bounds.memory, (n) => `${n} MB`, "memory size");
  check(limits.timeout, bounds.timeout, (n) => `${n} milliseconds`, "duration");
  check(limits.logs, bounds.logs, (n) => `${n} MB`, "log size");
  check(limits.concurrency, bounds.concurrency, String, "concurrency");
}

/** Throws `BAD_REQUEST` when more instances are asked for than the namespace may run at once. */
export function checkInstances(limits: Partial<Limits>, bounds: EffectiveLimits): void {
  const max = bounds.concurrentInvocations;
  if (limits.instances === undefined || limits.instances <= max) return;
  throw new PlatformError(
    "BAD_REQUEST",
    `Max action instance concurrency must not exceed your namespace concurrency of ${max}.`,
  );
}

/** Throws `TOO_LARGE` for a POST body that is longer than the namespace's payload limit. */
export function checkPayload(bytes: number, bounds: EffectiveLimits): void {
  const max = bounds.payloadBytesMax;
  if (bytes <= max) return;
  throw new PlatformError("TOO_LARGE", `Request larger than allowed: ${bytes} > ${max} bytes.`);
}

function readLimit(
  object: JsonObject,
  name: keyof Limits,
  notWhole: string,
  malformed: string,
): Partial<Limits> {
  const value = object[name] ?? undefined;
  if (value === undefined) return {};
  if (typeof value !== "number") throw badContent(malformed);
  if (!Number.isInteger(value)) throw failed(notWhole);
  return { [name]: value };
}

function notNegative(limits: Partial<Limits>, name: "memory" | "logs"): Partial<Limits> {
  if ((limits[name] ?? 0) < 0) throw failed("a negative size of an object is not allowed.");
  return limits;
}

function check(
  is: number | undefined,
  range: Range,
  show: (value: number) => string,
  what: string,
): void {
  if (is === undefined || (is >= range.min && is <= range.max)) return;
  const [relation, bound] = is > range.max ? ["exceeds", range.max] : ["below", range.min];
  throw new PlatformError(
    "BAD_REQUEST",
    `requirement failed: ${what} ${show(is)} ${relation} allowed threshold of ${show(bound)}`,
  );
}

/** The original's assertion prefix is on the wire. */
function failed(text: string): Error {
  return badContent(`requirement failed: ${text}`);
}

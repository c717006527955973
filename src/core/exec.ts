/**
 * What an action executes: reading `exec` of a request, its size, its code (openwhisk-api.md
 * 4.2).
 */
import { quoteText, quoteValue, requireObject } from "./content.ts";
import type { EntityRef, Json, JsonObject } from "./documents.ts";
import { refId } from "./entity-ref.ts";
import { badContent, PlatformError } from "./errors.ts";
import type { KindTable, ResolvedKind } from "./kinds.ts";
import { parseComponents } from "./sequence.ts";

/** `exec` of a request. */
export type ExecRequest = CodeRequest | SequenceRequest;

export type SequenceRequest = {
  readonly type: "sequence";
  readonly components: readonly EntityRef[];
};

/** The kind resolved, the code as it was sent. */
export type CodeRequest = {
  readonly type: "code";
  readonly resolved: ResolvedKind;
  readonly code: string;
  /** The code is base64 of something. */
  readonly binary: boolean;
  readonly main?: string;
};

/** Throws `CONTENT_MALFORMED` with the original's texts, `UNSUPPORTED` for kinds yet to come. */
export function parseExec(value: Json, kinds: KindTable): ExecRequest {
  const exec = requireObject(value);
  const kind = readKind(exec);
  if (kind === "sequence") return { type: "sequence", components: parseComponents(exec) };
  const refusal = COMING.get(kind);
  if (refusal !== undefined) throw new PlatformError("UNSUPPORTED", refusal);
  const resolved = kinds.resolve(kind);
  if (resolved === undefined) throw unknownKind(kind, kinds);
  const given = exec["code"] ?? exec["jar"];
  if (!Object.hasOwn(exec, "code") && !Object.hasOwn(exec, "jar")) {
    throw badContent(
      `'code' must be a string or attachment object defined in 'exec' for '${kind}' actions`,
    );
  }
  const main = readMain(exec, kind, resolved.requireMain);
  const code = readCode(given ?? null);
  const binary = isBinaryCode(code);
  return { type: "code", resolved, code, binary, ...(main === undefined ? {} : { main }) };
}

/** Concrete kind, as it is stored. */
export function kindOf(exec: ExecRequest): string {
  return exec.type === "sequence" ? exec.type : exec.resolved.kind;
}

/**
 * UTF-8 bytes that count against the code limit: the code as sent and the entry point's name, or
 * the names of the components.
 */
export function execSize(exec: ExecRequest): number {
  if (exec.type === "sequence") {
    return exec.components.reduce((sum, ref) => sum + Buffer.byteLength(refId(ref)), 0);
  }
  return Buffer.byteLength(exec.code) + Buffer.byteLength(exec.main ?? "");
}

/** True when the text, without blanks around, is base64 as a whole and not empty. */
export function isBinaryCode(code: string): boolean {
  const text = trim(code);
  return text.length > 0 && text.length % 4 === 0 && BASE64.test(text);
}

/** The bytes to store, and the content type that says how they were sent. */
export function encodeCode(code: string, binary: boolean): { bytes: Buffer; type: string } {
  return binary
    ? { bytes: Buffer.from(trim(code), "base64"), type: "application/octet-stream" }
    : { bytes: Buffer.from(code), type: "text/plain; charset=UTF-8" };
}

/** The text that was sent, from the stored bytes. */
export function decodeCode(bytes: Uint8Array, binary: boolean): string {
  return Buffer.from(bytes).toString(binary ? "base64" : "utf8");
}

/** 400 for an action whose kind may only be read and deleted. */
export function deprecatedKind(kind: string): PlatformError {
  return new PlatformError(
    "BAD_REQUEST",
    `The '${kind}' runtime is no longer supported. You may read and delete but not update or invoke this action.`,
  );
}

/** Kinds of the original that a later version brings. */
const COMING: ReadonlyMap<string, string> = new Map([
  ["blackbox", "Actions of kind 'blackbox' are not available in this version."],
]);

// Length and the number of "=" are checked apart, so that one pass over megabytes is enough.
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

function readKind(exec: JsonObject): string {
  const kind = exec["kind"];
  if (typeof kind !== "string") throw badContent("'kind' must be a string defined in 'exec'");
  return trim(kind).toLowerCase();
}

function readMain(exec: JsonObject, kind: string, isRequired: boolean): string | undefined {
  const main = exec["main"];
  if (main !== undefined && typeof main !== "string") {
    throw badContent(`if defined, 'main' be a string in 'exec' for '${kind}' actions`);
  }
  if (main === undefined && isRequired) {
    throw badContent(`'main' must be a string defined in 'exec' for '${kind}' actions`);
  }
  return main;
}

/**
 * An attachment object is not taken from a client, unlike in the original: attachments are found by
 * their digest, and naming one would show the code of another namespace.
 */
function readCode(value: Json): string {
  if (typeof value === "string") return value;
  throw badContent(`Could not deserialize as attachment record: ${quoteValue(value)}`);
}

function unknownKind(kind: string, kinds: KindTable): PlatformError {
  const valid = [...kinds.kinds, "sequence", "blackbox"].map((name) => `'${name}'`).join(", ");
  return badContent(
    `The specified runtime '${quoteText(kind)}' is not supported by this platform. Valid values are: ${valid}.`,
  );
}

/** Like Java's: everything up to the blank is cut on both sides. */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 0x20) start += 1;
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end -= 1;
  return text.slice(start, end);
}

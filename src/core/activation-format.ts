/**
 * Texts of activations: the stored document and what clients see of it (openwhisk-api.md 6.1-6.3).
 * They are built and taken apart as texts, because a result can be a megabyte and is passed on as
 * it came: neither parsed nor written again, so that its numbers keep every digit.
 *
 * Layout of a stored document: one flat head that ends with the subject, then the response that
 * begins with its statusCode, then the logs. A document of another maker is parsed as a whole.
 */
import { compactJson, isJsonObject } from "../lib/json.ts";
import { ACTIVATION_ID_LENGTH } from "./activation-id.ts";
import { type Json, type JsonObject, STATUS_TEXT, type StatusCode } from "./documents.ts";
import { PlatformError } from "./errors.ts";

/** What an activation record is made of. */
export type ActivationParts = {
  /** 32 hex digits */
  readonly activationId: string;
  /** the caller's */
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly subject: string;
  /** ms epoch */
  readonly start: number;
  /** ms epoch; 0 for a record that has no end (triggers) */
  readonly end: number;
  /** ms; end - start when absent */
  readonly duration?: number;
  readonly cause?: string | undefined;
  /** JSON text of the array of `{key, value}` */
  readonly annotations: string;
  readonly statusCode: StatusCode;
  /** JSON text; absent when the result is not kept */
  readonly result?: string;
  /** characters of the container's answer */
  readonly size?: number | undefined;
  readonly logs: readonly string[];
};

/** JSON text of the `ActivationDocument`, for `ActivationStore.put`. */
export function activationDocumentText(parts: ActivationParts): string {
  const duration = parts.duration === undefined ? "" : `,"duration":${parts.duration}`;
  const ended = `,"end":${parts.end}${duration}`;
  return `${headText(parts, ended)}${RESPONSE}${parts.statusCode}${restText(parts)}${LOGS}${logsText(parts.logs)}}`;
}

/** The record as clients get it; `logs` replaces the record's own (none in a blocking reply). */
export function activationWireText(parts: ActivationParts, logs = parts.logs): string {
  const ended = endText(parts.start, parts.end, parts.duration);
  const response = responseText(parts.statusCode, restText(parts));
  return `${headText(parts, ended)},"response":${response},"logs":${logsText(logs)}}`;
}

/** The record as clients get it, from the stored document. Throws `CORRUPTED`. */
export function activationWire(documentText: string): string {
  const { head, statusCode, rest, logs } = split(documentText);
  const ended = endText(head.start, head.end, head.duration);
  const { annotations, ...others } = head;
  const text = headText({ ...others, annotations: compactJson(annotations) }, ended);
  return `${text},"response":${responseText(statusCode, rest)},"logs":${logs}}`;
}

/** The `response` member as clients get it. Throws `CORRUPTED`. */
export function activationResponse(documentText: string): string {
  const { statusCode, rest } = split(documentText);
  return responseText(statusCode, rest);
}

/** `{"logs":[…]}`. Throws `CORRUPTED`. */
export function activationLogs(documentText: string): string {
  return `{"logs":${split(documentText).logs}}`;
}

/** One item of a list without `docs`; its duration is end - start always. Throws `CORRUPTED`. */
export function activationSummary(documentText: string): string {
  const { head, statusCode } = split(documentText);
  const { duration: _, subject: __, end, ...others } = head;
  const ended = end === 0 ? {} : { end, duration: end - head.start, statusCode };
  return compactJson({ ...others, ...ended });
}

const RESPONSE = ',"response":{"statusCode":';
const LOGS = '},"logs":';
const PREFIX = '{"activationId":"';
const AFTER_ID = '","namespace":';
const AFTER_ID_AT = PREFIX.length + ACTIVATION_ID_LENGTH;

type Head = {
  readonly activationId: string;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly publish: boolean;
  readonly start: number;
  readonly end: number;
  readonly duration?: number;
  readonly cause?: string;
  readonly annotations: Json;
  readonly subject: string;
};

/** `rest`: what follows the status in the response, `,"size":2,"result":{}` or less. */
type Split = {
  readonly head: Head;
  readonly statusCode: StatusCode;
  readonly rest: string;
  readonly logs: string;
};

function headText(
  parts: Omit<ActivationParts, "statusCode" | "logs"> & { readonly publish?: boolean },
  ended: string,
): string {
  const quoted = compactJson;
  const cause = parts.cause === undefined ? "" : `,"cause":${quoted(parts.cause)}`;
  return (
    `${PREFIX}${parts.activationId}${AFTER_ID}${quoted(parts.namespace)}` +
    `,"name":${quoted(parts.name)},"version":${quoted(parts.version)}` +
    `,"publish":${parts.publish ?? false},"start":${parts.start}${ended}${cause}` +
    `,"annotations":${parts.annotations},"subject":${quoted(parts.subject)}`
  );
}

function endText(start: number, end: number, duration = end - start): string {
  return end === 0 ? "" : `,"end":${end},"duration":${duration}`;
}

function restText({ size, result }: Pick<ActivationParts, "size" | "result">): string {
  return (
    (size === undefined ? "" : `,"size":${size}`) +
    (result === undefined ? "" : `,"result":${result}`)
  );
}

function responseText(statusCode: StatusCode, rest: string): string {
  return `{"status":"${STATUS_TEXT[statusCode]}","success":${statusCode === 0}${rest}}`;
}

function logsText(logs: readonly string[]): string {
  return logs.length === 0 ? "[]" : compactJson(logs);
}

function split(text: string): Split {
  try {
    return splitOwn(text) ?? splitForeign(JSON.parse(text));
  } catch (cause) {
    throw cause instanceof PlatformError
      ? cause
      : new PlatformError("CORRUPTED", undefined, { cause });
  }
}

/**
 * Undefined when the text does not have our layout: what stands before the response is then not the
 * whole head.
 */
function splitOwn(text: string): Split | undefined {
  const isOwn = text.startsWith(PREFIX) && text.startsWith(AFTER_ID, AFTER_ID_AT);
  const response = isOwn ? text.indexOf(RESPONSE) : -1;
  // No quote stands bare inside a log line: the last occurrence is the member itself.
  const logs = isOwn ? text.lastIndexOf(`${LOGS}[`) : -1;
  if (response === -1 || logs < response || !text.endsWith("]}")) return undefined;
  const head = JSON.parse(`${text.slice(0, response)}}`);
  if (!Object.hasOwn(head, "annotations") || !Object.hasOwn(head, "subject")) return undefined;
  const status = response + RESPONSE.length;
  return {
    head: readHead(head),
    statusCode: readStatus(Number(text[status])),
    rest: text.slice(status + 1, logs),
    logs: text.slice(logs + LOGS.length, -1),
  };
}

function splitForeign(document: Json): Split {
  const { response, logs } = isJsonObject(document) ? (document as JsonObject) : {};
  if (!isJsonObject(response)) throw new PlatformError("CORRUPTED");
  const { statusCode, size, result } = response as JsonObject;
  return {
    head: readHead(document),
    statusCode: readStatus(statusCode),
    rest: restText({
      ...(typeof size === "number" ? { size } : {}),
      ...(result === undefined ? {} : { result: compactJson(result) }),
    }),
    logs: compactJson(logs ?? []),
  };
}

function readHead(value: Json): Head {
  const document = (isJsonObject(value) ? value : {}) as JsonObject;
  const { activationId, namespace, name, version, subject, start, end } = document;
  const texts = [activationId, namespace, name, version, subject];
  const isGood = texts.every((text) => typeof text === "string") && typeof start === "number";
  if (!isGood) throw new PlatformError("CORRUPTED");
  const { publish, duration, cause, annotations } = document;
  return {
    // The check above holds for these five.
    ...({ activationId, namespace, name, version } as Head),
    publish: publish === true,
    start,
    end: typeof end === "number" ? end : 0,
    ...(typeof duration === "number" ? { duration } : {}),
    ...(typeof cause === "string" ? { cause } : {}),
    annotations: annotations ?? [],
    subject: subject as string,
  };
}

function readStatus(value: unknown): StatusCode {
  if (value === 0 || value === 1 || value === 2 || value === 3) return value;
  throw new PlatformError("CORRUPTED");
}

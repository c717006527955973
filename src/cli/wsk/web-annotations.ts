/**
 * Annotations that make an action a web action, and secure it: which of the given and of the stored
 * ones are sent (wsk-cli 4.2).
 */
import { randomInt } from "node:crypto";
import { JsonNumber, type Value } from "../../client/json.ts";
import { findValue, type KeyValue } from "../../client/records.ts";
import { WEB_KEYS, webEntries } from "../../client/web-mode.ts";
import { EXIT, usageError } from "./wsk-error.ts";

type Annotations = readonly KeyValue[];

/** Undefined where a flag is not given, or where there is no action yet. */
export type WebRequest = {
  readonly given: Annotations | undefined;
  readonly stored: Annotations | undefined;
  readonly web: string | undefined;
  readonly webSecure: string | undefined;
};

export type WebAnswer = {
  /** undefined: none are sent, those of the platform stay */
  readonly annotations: Annotations | undefined;
  /** undefined: as the command line says */
  readonly delAnnotations: readonly string[] | undefined;
};

const SECRET = "require-whisk-auth";

/** Throws usage errors. */
export function webAnnotations(request: WebRequest): WebAnswer {
  const { stored, web, webSecure } = request;
  const annotations = web === undefined ? request.given : withWeb(request, web);
  if (webSecure === undefined) return { annotations, delAnnotations: undefined };
  const isEnded = webEntries(web ?? "")?.[0]?.value === false;
  if (!isWeb(annotations) && (isEnded || !isWeb(stored))) {
    const text = "The --web-secure option is only valid when the --web option is enabled.";
    throw usageError(text, EXIT.usage);
  }
  const carried = annotations === undefined ? (stored ?? []) : pick(stored, [...WEB_KEYS, SECRET]);
  return withSecret(append(annotations ?? [], carried), webSecure);
}

/** The three of `--web` behind the given ones, or behind the stored ones when none are given. */
function withWeb({ given, stored }: WebRequest, web: string): Annotations {
  const own = webEntries(web);
  if (own === undefined) {
    const valid = "Valid input consist of 'yes', 'true', 'raw', 'false', or 'no'.";
    throw usageError(`Invalid argument '${web}' for --web flag. ${valid}`, EXIT.usage);
  }
  const others = (given ?? stored ?? []).filter(({ key }) => !WEB_KEYS.includes(key));
  return append([...others, ...own], pick(stored, [SECRET]));
}

/**
 * `true` asks for a random number, but one that is there stays; `false` for no secret; any other
 * text is the secret.
 */
function withSecret(annotations: Annotations, webSecure: string): WebAnswer {
  const word = webSecure.toLowerCase();
  const stored = findValue(annotations, SECRET) ?? null;
  if (word === "false" && stored !== null) {
    const others = annotations.filter(({ key }) => key !== SECRET);
    return { annotations: others, delAnnotations: [SECRET] };
  }
  const isKept = word === "true" && stored instanceof JsonNumber;
  const value: Value = isKept ? stored : secretOf(word, webSecure);
  return { annotations: replace(annotations, SECRET, value), delAnnotations: undefined };
}

/** The largest integer that every reader of JSON holds exactly has 53 bits. */
const SECRET_BITS = 53;

function secretOf(word: string, webSecure: string): Value {
  if (word === "false") return false;
  return word === "true" ? new JsonNumber(String(randomInteger())) : webSecure;
}

function randomInteger(): number {
  // randomInt gives 48 bits at most.
  const low = 2 ** 32;
  return randomInt(2 ** (SECRET_BITS - 32)) * low + randomInt(low);
}

function isWeb(annotations: Annotations | undefined): boolean {
  return findValue(annotations, "web-export") === true;
}

const isSameKey = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

function pick(annotations: Annotations | undefined, keys: readonly string[]): Annotations {
  return keys.flatMap((key) => {
    const found = annotations?.find((annotation) => isSameKey(annotation.key, key));
    return found === undefined ? [] : [found];
  });
}

/** Adds those whose key is not there yet, in any case. */
function append(annotations: Annotations, more: Annotations): Annotations {
  const isThere = (key: string): boolean => annotations.some((known) => isSameKey(known.key, key));
  return [...annotations, ...more.filter(({ key }) => !isThere(key))];
}

function replace(annotations: Annotations, key: string, value: Value): Annotations {
  if (!annotations.some((known) => isSameKey(known.key, key))) {
    return [...annotations, { key, value }];
  }
  return annotations.map((known) => (isSameKey(known.key, key) ? { ...known, value } : known));
}

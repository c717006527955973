/** Readers of typed values from YAML nodes, put together into the grammar of manifests. */
import { isMap, isScalar, isSeq } from "yaml";
import { JsonNumber, type Value } from "../client/json.ts";
import { type Reading, scalarValue, type YamlNode } from "./yaml-reading.ts";
import { tagOf } from "./yaml-scalar.ts";

export type Reader<T> = {
  /** what a missing or null node is read as */
  readonly zero: T;
  /** reports a node that does not fit and gives `zero` for it */
  readonly read: (node: YamlNode, reading: Reading) => T;
};

/** A scalar as it is written, `yes` and `1.0` included. */
export const text: Reader<string> = scalar("string", "", (value, raw) =>
  value === null ? "" : raw,
);

export const flag: Reader<boolean> = scalar("bool", false, (value) =>
  typeof value === "boolean" ? value : undefined,
);

export const integer: Reader<number | undefined> = scalar("int", undefined, (value) => {
  const number = value instanceof JsonNumber ? Number(value.text) : Number.NaN;
  return Number.isSafeInteger(number) ? number : undefined;
});

function scalar<T>(
  type: string,
  zero: T,
  convert: (value: Value, raw: string) => T | undefined,
): Reader<T> {
  return {
    zero,
    read: (given, reading) => {
      const node = reading.resolve(given);
      if (isNull(node)) return zero;
      if (isScalar(node)) {
        const raw = String(node.value ?? "");
        const converted = convert(scalarValue(node), raw);
        if (converted !== undefined) return converted;
      }
      mismatch(node, type, reading);
      return zero;
    },
  };
}

/** Anything, as JSON carries it. */
export const anything: Reader<Value> = {
  zero: null,
  read: (given, reading) => {
    const node = reading.resolve(given);
    if (isSeq(node)) {
      return reading.within(() =>
        node.items.map((item) => anything.read(item as YamlNode, reading)),
      );
    }
    if (isMap(node)) return mapOf(anything).read(node, reading);
    return isScalar(node) ? scalarValue(node) : null;
  },
};

export function listOf<T>(item: Reader<T>): Reader<readonly T[]> {
  const zero: readonly T[] = [];
  return {
    zero,
    read: (given, reading) => {
      const node = reading.resolve(given);
      if (isNull(node)) return zero;
      if (isSeq(node)) {
        return reading.within(() => node.items.map((one) => item.read(one as YamlNode, reading)));
      }
      mismatch(node, "[]string", reading);
      return zero;
    },
  };
}

/** A map with any keys, in the order of the file. */
export function mapOf<T>(member: Reader<T>): Reader<ReadonlyMap<string, T>> {
  const zero: ReadonlyMap<string, T> = new Map();
  return {
    zero,
    read: (given, reading) => {
      const node = reading.resolve(given);
      if (isNull(node)) return zero;
      if (!isMap(node)) {
        mismatch(node, "map", reading);
        return zero;
      }
      const found = new Map<string, T>();
      for (const pair of reading.pairs(node)) {
        if (found.has(pair.key)) {
          reading.problem(pair.node, `key ${JSON.stringify(pair.key)} already set in map`);
        }
        found.set(
          pair.key,
          reading.within(() => member.read(pair.value, reading)),
        );
      }
      return found;
    },
  };
}

export type Fields<T> = { readonly [K in keyof T]: Reader<T[K]> };

/** A map with these keys and no others; `type` is how the messages call it. */
export function struct<T extends object>(type: string, fields: Fields<T>): Reader<T> {
  const known = new Map<string, Reader<unknown>>(Object.entries(fields));
  const zeros = [...known].map(([key, reader]) => [key, reader.zero] as const);
  // The members are those of `fields`, each with the type its reader gives.
  const zero = Object.fromEntries(zeros) as T;
  return {
    zero,
    read: (given, reading) => {
      const node = reading.resolve(given);
      if (isNull(node)) return zero;
      if (!isMap(node)) {
        mismatch(node, type, reading);
        return zero;
      }
      const found = new Map<string, unknown>(zeros);
      const seen = new Set<string>();
      for (const { key, value, node: at } of reading.pairs(node)) {
        const reader = known.get(key);
        if (reader === undefined) reading.problem(at, `field ${key} not found in type ${type}`);
        else if (seen.has(key)) reading.problem(at, `field ${key} already set in type ${type}`);
        else
          found.set(
            key,
            reading.within(() => reader.read(value, reading)),
          );
        seen.add(key);
      }
      return Object.fromEntries(found) as T;
    },
  };
}

/** A struct that may be missing. */
export function optional<T>(reader: Reader<T>): Reader<T | undefined> {
  return {
    zero: undefined,
    read: (node, reading) =>
      isNull(reading.resolve(node)) ? undefined : reader.read(node, reading),
  };
}

function isNull(node: YamlNode): boolean {
  return node === null || node === undefined || (isScalar(node) && scalarValue(node) === null);
}

const SHOWN_MAX = 40;

function mismatch(node: YamlNode, type: string, reading: Reading): void {
  const subject = isScalar(node)
    ? `${tagOf(scalarValue(node))} \`${String(node.value ?? "").slice(0, SHOWN_MAX)}\``
    : isMap(node)
      ? "!!map"
      : "!!seq";
  reading.problem(node, `cannot unmarshal ${subject} into ${type}`);
}

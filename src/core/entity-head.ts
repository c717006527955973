/** What all entities have in common: names, version, whether published, when last written. Pure. */
import { readBoolean, readOptional } from "./content.ts";
import type { JsonObject } from "./documents.ts";
import { FIRST_VERSION, nextPatch, parseVersion } from "./version.ts";

/** What a PUT may say of it. */
export type HeadPut = {
  readonly version?: string | undefined;
  readonly publish?: boolean | undefined;
};

type Head = {
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly publish: boolean;
  /** ms epoch */
  readonly updated: number;
};

/** Throws `CONTENT_MALFORMED`. */
export function readHead(body: JsonObject): HeadPut {
  return {
    version: readOptional(body, "version", parseVersion),
    publish: readOptional(body, "publish", readBoolean),
  };
}

export function newHead(namespace: string, name: string, put: HeadPut, now: number): Head {
  return {
    namespace,
    name,
    version: put.version ?? FIRST_VERSION,
    publish: put.publish ?? false,
    updated: now,
  };
}

/** Of a document with a PUT put over it: each write is a new version. */
export function nextHead(
  document: Head,
  put: HeadPut,
  now: number,
): Omit<Head, "namespace" | "name"> {
  return {
    version: put.version ?? nextPatch(document.version),
    publish: put.publish ?? document.publish,
    updated: now,
  };
}

/** As clients see it. */
export function headWire({ namespace, name, version, publish, updated }: Head): JsonObject {
  return { namespace, name, version, publish, updated };
}

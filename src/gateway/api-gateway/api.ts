/** What the API gateway knows of an API: its swagger document, and what it reads out of it. */
import type { Json, JsonObject } from "../../core/documents.ts";

/** As stored; `basePath` is formatted: one slash in front, none at the end. */
export type ApiRecord = {
  readonly id: string;
  /** Namespace uuid: the first part of the API's public URL. */
  readonly tenant: string;
  readonly name: string;
  readonly basePath: string;
  readonly document: JsonObject;
  /** Revision of the configuration: of the creation, for the order; of the last write. */
  readonly createdIndex: number;
  readonly modifiedIndex: number;
};

/** A value that the gateway puts into the request for the backend (`set-variable`). */
export type Insertion = {
  readonly value: Json;
  readonly name: string;
  readonly location: "header" | "query" | "body" | "path";
};

export type Operation = {
  readonly backendUrl: string;
  /** upper case */
  readonly backendMethod: string;
  readonly insertions: readonly Insertion[];
};

export type Security =
  | { readonly type: "apiKey"; readonly header: string | undefined }
  | {
      readonly type: "clientSecret";
      readonly idHeader: string | undefined;
      readonly secretHeader: string | undefined;
    }
  | { readonly type: "oauth2"; readonly provider: string };

/** `origin` undefined: configured, but neither on nor off. */
export type Cors = { readonly origin: "true" | "false" | undefined };

export type ParsedApi = {
  readonly name: string;
  readonly basePath: string;
  /** By path below the base path, then by verb in upper case. */
  readonly resources: ReadonlyMap<string, ReadonlyMap<string, Operation>>;
  readonly security: readonly Security[];
  readonly cors: Cors | undefined;
  /** Least time between two calls, ms; undefined: any number of calls. */
  readonly spacingMs: number | undefined;
};

/** What is wrong with a request to the management interface. */
export class ApiProblem extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

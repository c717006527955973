/**
 * The `assembly` of a gateway configuration: which backend an operation has (`operation-switch`, or
 * one `invoke` for all), and what is put into its requests (`set-variable`).
 */
import type { Json, JsonObject } from "../../core/documents.ts";
import { isJsonObject } from "../../lib/json.ts";
import { ApiProblem, type Insertion } from "./api.ts";

export type Backend = {
  /** As written: to be checked by the reader. */
  readonly url: Json | undefined;
  readonly method: Json | undefined;
  readonly insertions: readonly Insertion[];
};

export class Backends {
  /** For all operations. */
  readonly insertions: readonly Insertion[];
  private readonly byOperation: ReadonlyMap<Json, Backend>;
  private readonly all: Backend | undefined;
  /** No step says where requests go. */
  private readonly isNone: boolean;

  private constructor(
    insertions: readonly Insertion[],
    byOperation: ReadonlyMap<Json, Backend>,
    all: Backend | undefined,
    isNone: boolean,
  ) {
    this.insertions = insertions;
    this.byOperation = byOperation;
    this.all = all;
    this.isNone = isNone;
  }

  /** Throws `ApiProblem`; `configuration` is `x-gateway-configuration` or its older spelling. */
  static read(configuration: JsonObject): Backends {
    const { assembly } = configuration;
    const steps = isJsonObject(assembly) ? objectsOf(assembly["execute"] as Json) : undefined;
    if (steps === undefined) throw new ApiProblem(400, "Missing field 'assembly.execute'.");
    const step = steps.find((one) => "operation-switch" in one || "invoke" in one);
    const { "operation-switch": choice, invoke } = step ?? {};
    const isSwitch = isJsonObject(choice);
    return new Backends(
      insertionsOf(steps),
      new Map(isSwitch ? casesOf(choice["case"] as Json) : []),
      isSwitch ? undefined : backendOf(invoke, []),
      step === undefined,
    );
  }

  of(operationId: Json | undefined): Backend | undefined {
    if (this.isNone) return { url: "", method: "keep", insertions: [] };
    return this.all ?? (operationId === undefined ? undefined : this.byOperation.get(operationId));
  }
}

/** The last case that names an operation counts. */
function casesOf(cases: Json | undefined): (readonly [Json, Backend])[] {
  return (objectsOf(cases) ?? []).flatMap(({ operations, execute }) => {
    const steps = objectsOf(execute) ?? [];
    const invoke = steps.findLast((step) => "invoke" in step)?.["invoke"];
    const backend = backendOf(invoke, insertionsOf(steps));
    if (!Array.isArray(operations) || backend === undefined) return [];
    return operations.map((operation) => [operation, backend] as const);
  });
}

function backendOf(
  invoke: Json | undefined,
  insertions: readonly Insertion[],
): Backend | undefined {
  if (!isJsonObject(invoke)) return undefined;
  const { "target-url": url, verb: method } = invoke as JsonObject;
  return { url, method, insertions };
}

function insertionsOf(steps: readonly JsonObject[]): Insertion[] {
  return steps.flatMap(({ "set-variable": variable }) =>
    isJsonObject(variable)
      ? (objectsOf(variable["actions"] as Json) ?? []).flatMap(readAction)
      : [],
  );
}

/** `set`: "message.headers.NAME". What follows a third dot is dropped, as in the original. */
function readAction({ set, value }: JsonObject): Insertion[] {
  const match = typeof set === "string" ? /([^.]+).([^.]+).([^.]+)/.exec(set) : null;
  const [, , where = "", name = ""] = match ?? [];
  const location = where === "headers" ? "header" : where;
  switch (location) {
    case "header":
    case "query":
    case "body":
    case "path":
      return value === undefined || value === null ? [] : [{ value, name, location }];
    default:
      return [];
  }
}

/** Undefined for anything but a list. */
function objectsOf(value: Json | undefined): JsonObject[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.filter((one): one is JsonObject => isJsonObject(one));
}

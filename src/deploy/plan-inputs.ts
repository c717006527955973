/** Values of inputs from their sources: command line, manifest, environment, package, project. */
import type { Value } from "../client/json.ts";
import type { KeyValue } from "../client/records.ts";
import { fileError } from "./deploy-error.ts";
import { interpolate, variableName } from "./interpolate.ts";
import { type Inputs, isZero, type Resolved, resolveParameter } from "./parameter.ts";
import type { PlanContext } from "./plan.ts";

/** Inputs of a project or package with their values, for what is below it to use. */
export type Scope = ReadonlyMap<string, Resolved>;

const NONE: Inputs = new Map();

/** Inputs of the project itself. */
export function projectScope(inputs: Inputs, { file, env }: PlanContext): Scope {
  return new Map(
    [...inputs].map(([name, entry]) => [name, resolveParameter(entry, { name, file, env })]),
  );
}

/**
 * Inputs of a package, those of the project among them. One without a value takes that of the
 * variable by its own name, or the project's input that its text names.
 */
export function packageScope(
  inputs: Inputs,
  project: Scope,
  context: PlanContext,
  supplied: Inputs = NONE,
): Scope {
  const scope = new Map(project);
  for (const [name, entry] of inputs) {
    const { file, env } = context;
    const resolved = resolveParameter(entry, { name, file, env });
    scope.set(name, { ...resolved, value: packageValue(name, resolved, project, context) });
  }
  for (const [name, resolved] of scope) {
    const given = context.params.get(name);
    if (given !== undefined) scope.set(name, { ...resolved, value: fromCli(given, context) });
  }
  const missing = [...inputs].filter(([name, { required }]) => required && isMissing(scope, name));
  checkRequired(
    missing.map(([name]) => name).filter((name) => !supplied.has(name)),
    context,
  );
  return scope;
}

function packageValue(name: string, own: Resolved, project: Scope, { env }: PlanContext): Value {
  if (!isZero(own)) return own.value;
  const variable = interpolate(`\${${name}}`, env);
  if (variable !== "") return variable;
  const inherited = own.raw === "" ? undefined : project.get(variableName(own.raw))?.value;
  return inherited ?? own.value;
}

function isMissing(scope: Scope, name: string): boolean {
  const resolved = scope.get(name);
  return resolved === undefined || isZero(resolved);
}

/** The package's own inputs, as they become its parameters. */
export function packageParameters(scope: Scope, project: Scope): readonly KeyValue[] {
  return [...scope]
    .filter(([name]) => !project.has(name))
    .map(([key, { value }]) => ({ key, value }));
}

/**
 * Inputs of an action, trigger or dependency; `scope` is that of its package. What the deployment
 * file has for it is `supplied`: those need no value here.
 */
export function resolveInputs(
  inputs: Inputs,
  scope: Scope,
  context: PlanContext,
  supplied: Inputs = NONE,
): readonly KeyValue[] {
  const { file, env } = context;
  const missing: string[] = [];
  const found: KeyValue[] = [];
  for (const [name, entry] of inputs) {
    const resolved = resolveParameter(entry, { name, file, env });
    const value = inputValue(name, resolved, scope, context);
    if (value !== null) found.push({ key: name, value });
    const isOpen = entry.required && isZero({ type: resolved.type, value });
    if (isOpen && !supplied.has(name)) missing.push(name);
  }
  checkRequired(missing, context);
  return found;
}

function inputValue(name: string, own: Resolved, scope: Scope, context: PlanContext): Value {
  const given = context.params.get(name);
  if (given !== undefined) return fromCli(given, context);
  // `$name` of a variable that is not set means the package's input by that name.
  if (own.type !== "string" || own.value !== "" || own.raw === "") return own.value;
  return scope.get(variableName(own.raw))?.value ?? own.value;
}

/** A value of the command line: variables in texts are replaced. */
function fromCli(value: Value, { env }: PlanContext): Value {
  return typeof value === "string" ? interpolate(value, env) : value;
}

function checkRequired(missing: readonly string[], { file, isUndeploy }: PlanContext): void {
  if (missing.length === 0 || isUndeploy) return;
  const text =
    "Required inputs are missing values even after applying interpolation using env. variables. " +
    "Please set missing env. variables and/or input values in manifest/deployment file or on CLI " +
    `for following inputs: ${missing.join(", ")}`;
  throw fileError("ERROR_YAML_FILE_FORMAT_ERROR", file, text);
}

/** A name that may be an input of the package, or have variables in it. */
export function resolveName(name: string, scope: Scope, context: PlanContext): string {
  const input = scope.get(variableName(name))?.value;
  return typeof input === "string" ? input : interpolate(name, context.env);
}

/** Annotations of an entity: variables in texts replaced, the project's mark at the end. */
export function resolveAnnotations(
  annotations: ReadonlyMap<string, Value>,
  { env, managed }: PlanContext,
): readonly KeyValue[] {
  const own = [...annotations].map(([key, value]) => ({
    key,
    value: typeof value === "string" ? interpolate(value, env) : value,
  }));
  return managed === undefined ? own : [...own, managed];
}

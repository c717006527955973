/** Actions and sequences of a package. */
import { fileError } from "./deploy-error.ts";
import { interpolate } from "./interpolate.ts";
import type { ActionEntry, PackageEntry, SequenceEntry } from "./manifest.ts";
import { type ActionPlan, isDefaultPackage, type PlanContext, type Source } from "./plan.ts";
import { planExec } from "./plan-exec.ts";
import { resolveAnnotations, resolveInputs, resolveName, type Scope } from "./plan-inputs.ts";
import { planLimits } from "./plan-limits.ts";
import { checkSecureKey, withWeb } from "./web-annotations.ts";

/** A package while it is planned. */
export type PackageScope = {
  readonly name: string;
  readonly entry: PackageEntry;
  /** what the deployment file says of it */
  readonly supplied: PackageEntry | undefined;
  readonly inputs: Scope;
  /** code by the name of the action */
  readonly sources: ReadonlyMap<string, Source>;
};

/** Throws a DeployError for the first action that cannot be. */
export function planActions(scope: PackageScope, context: PlanContext): readonly ActionPlan[] {
  return [...scope.entry.actions].map(([name, entry]) => {
    const source = scope.sources.get(name);
    const supplied = scope.supplied?.actions.get(name)?.inputs;
    const exec = context.isUndeploy ? undefined : planExec({ name, entry, source }, context);
    return {
      name,
      exec,
      version: interpolate(entry.version, context.env),
      parameters: resolveInputs(entry.inputs, scope.inputs, context, supplied),
      annotations: actionAnnotations(name, entry, context),
      limits: planLimits(entry.limits, context),
    };
  });
}

function actionAnnotations(name: string, entry: ActionEntry, context: PlanContext) {
  if (entry.web !== "" && entry["web-export"] !== "") {
    context.warn(
      `[${name}] has both web and web-export specified, only reading web, ignoring web-export.`,
    );
  }
  const own = resolveAnnotations(entry.annotations, context);
  const mode = entry.web === "" ? entry["web-export"] : entry.web;
  const annotations = mode === "" ? own : withWeb(own, { file: context.file, action: name, mode });
  checkSecureKey(name, annotations);
  return entry.conductor ? [...annotations, { key: "conductor", value: true }] : annotations;
}

/** In the order in which they can be created: one that is part of another comes first. */
export function planSequences(scope: PackageScope, context: PlanContext): readonly ActionPlan[] {
  const sequences = [...scope.entry.sequences].map(([key, entry]) =>
    planSequence(resolveName(key, scope.inputs, context), entry, scope, context),
  );
  const twice = sequences.find(({ name }) => scope.entry.actions.has(name));
  if (twice !== undefined) {
    const text =
      `Sequence [${twice.name}] is already defined as an action under the same package. ` +
      "Actions and sequences can not have same name in a single package.";
    throw fileError("ERROR_YAML_PARSER_ERROR", context.file, text);
  }
  return sequences;
}

function planSequence(
  name: string,
  entry: SequenceEntry,
  scope: PackageScope,
  context: PlanContext,
): ActionPlan {
  const components = entry.actions
    .split(",")
    .map((part) => qualified(inPackage(part.trim(), scope.name), context.namespace));
  const own = resolveAnnotations(entry.annotations, context);
  const { file } = context;
  return {
    name,
    exec: { kind: "sequence", components },
    version: "",
    parameters: [],
    annotations: entry.web === "" ? own : withWeb(own, { file, action: name, mode: entry.web }),
    limits: undefined,
  };
}

/** A bare name is that of an action in the same package. */
export function inPackage(name: string, packageName: string): string {
  return name.includes("/") || isDefaultPackage(packageName) ? name : `${packageName}/${name}`;
}

/** `/ns/…` in front of a name that has no namespace. */
export function qualified(name: string, namespace: string): string {
  return name.startsWith("/") ? name : `/${namespace}/${name}`;
}

/** All sequences of a project, those that others are made of first. */
export function inOrderOfNeed<
  T extends { readonly path: string; readonly needs: readonly string[] },
>(sequences: readonly T[]): readonly T[] {
  const open = new Map(sequences.map((sequence) => [sequence.path, sequence]));
  const ordered: T[] = [];
  const visit = (sequence: T): void => {
    // Taken out first, so that a cycle ends; the platform says what is wrong with it.
    open.delete(sequence.path);
    for (const need of sequence.needs) {
      const needed = open.get(need);
      if (needed !== undefined) visit(needed);
    }
    ordered.push(sequence);
  };
  for (const sequence of sequences) if (open.has(sequence.path)) visit(sequence);
  return ordered;
}

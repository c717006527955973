/**
 * A plan: everything a project consists of, ready to be sent. It is made without a request, so that
 * a project with a mistake changes nothing.
 */
import type { JsonMap } from "../client/json.ts";
import type { KeyValue } from "../client/records.ts";
import type { Environment } from "./interpolate.ts";
import type { Runtimes } from "./runtimes.ts";

/** Bytes of code as found, with the extension of the file ("zip" for a folder). */
export type Source = { readonly extension: string; readonly content: Buffer };

export type ExecPlan = {
  readonly kind: string;
  readonly code?: string;
  readonly image?: string;
  readonly main?: string;
  readonly components?: readonly string[];
};

export type LimitsPlan = {
  readonly timeout?: number;
  readonly memory?: number;
  readonly logs?: number;
};

/** An action or a sequence. */
export type ActionPlan = {
  /** without its package */
  readonly name: string;
  /** undefined when only the names are planned */
  readonly exec: ExecPlan | undefined;
  readonly version: string;
  readonly parameters: readonly KeyValue[];
  readonly annotations: readonly KeyValue[];
  readonly limits: LimitsPlan | undefined;
};

export type DependencyPlan = {
  /** name of the package that stands for it in this namespace */
  readonly label: string;
  readonly location: string;
  /** package that a binding is made of; undefined for a project of its own */
  readonly binding: { readonly namespace: string; readonly name: string } | undefined;
  readonly project: Plan | undefined;
  readonly parameters: readonly KeyValue[];
  readonly annotations: readonly KeyValue[];
};

export type PackagePlan = {
  readonly name: string;
  /** its actions stand in the namespace itself; no package is made */
  readonly isDefault: boolean;
  readonly version: string;
  readonly publish: boolean;
  readonly parameters: readonly KeyValue[];
  readonly annotations: readonly KeyValue[];
  readonly dependencies: readonly DependencyPlan[];
  readonly actions: readonly ActionPlan[];
  readonly sequences: readonly ActionPlan[];
};

export type TriggerPlan = {
  readonly name: string;
  readonly parameters: readonly KeyValue[];
  readonly annotations: readonly KeyValue[];
};

export type RulePlan = {
  readonly name: string;
  /** as the manifest has it: perhaps without a namespace */
  readonly trigger: string;
  readonly action: string;
  readonly annotations: readonly KeyValue[];
};

export type ApiPlan = {
  readonly name: string;
  readonly basePath: string;
  readonly path: string;
  /** upper case */
  readonly method: string;
  readonly response: string;
  readonly packageName: string;
  readonly action: string;
  /** as written */
  readonly backendMethod: string;
};

export type Plan = {
  readonly project: string;
  readonly projectInputs: JsonMap;
  /** the annotation of managed deployments */
  readonly managed: KeyValue | undefined;
  readonly packages: readonly PackagePlan[];
  readonly triggers: readonly TriggerPlan[];
  readonly rules: readonly RulePlan[];
  readonly apis: readonly ApiPlan[];
  /** JSON of a swagger document that is sent instead of `apis` */
  readonly swagger: string | undefined;
};

/** What planning needs to know besides the files. */
export type PlanContext = {
  /** path of the manifest as given */
  readonly file: string;
  readonly namespace: string;
  readonly env: Environment;
  readonly runtimes: Runtimes;
  /** inputs given on the command line; strongest of all */
  readonly params: JsonMap;
  readonly isStrict: boolean;
  /** plan names only: code is neither there nor needed */
  readonly isUndeploy: boolean;
  readonly managed: KeyValue | undefined;
  readonly warn: (text: string) => void;
};

export const DEFAULT_PACKAGE = "default";

export function isDefaultPackage(name: string): boolean {
  return name.toLowerCase() === DEFAULT_PACKAGE;
}

/** The feed of a trigger, from its annotation. */
export function feedOf(trigger: { readonly annotations: readonly KeyValue[] }): string | undefined {
  const value = trigger.annotations.find(({ key }) => key === "feed")?.value;
  return typeof value === "string" ? value : undefined;
}

/** Entries in the order of the first list; of a key in both the first counts. */
export function mergeEntries(
  first: readonly KeyValue[],
  second: readonly KeyValue[],
): readonly KeyValue[] {
  const known = new Set(first.map(({ key }) => key));
  return [...first, ...second.filter(({ key }) => !known.has(key))];
}

/** Name of an action with its package. */
export function pathOf(planned: PackagePlan, { name }: ActionPlan): string {
  return planned.isDefault ? name : `${planned.name}/${name}`;
}

/** A project whose package is called otherwise than the dependency is bound to its label. */
export function ownBinding(
  { label, project }: DependencyPlan,
  namespace: string,
): { readonly namespace: string; readonly name: string } | undefined {
  const name = project?.packages[0]?.name;
  return name === undefined || name === label ? undefined : { namespace, name };
}

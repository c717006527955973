/** Writes a managed project of the platform as a manifest with its code (wsk-cli 17.6). */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type JsonMap, mapOf } from "../client/json.ts";
import { text, toAction } from "../client/records.ts";
import { apiEntries } from "./export-apis.ts";
import {
  actionEntry,
  annotationsOf,
  bindingEntry,
  codeFile,
  inputsOf,
  ruleEntry,
  sequenceEntry,
  triggerEntry,
  type Written,
} from "./export-entries.ts";
import { callFeed } from "./feeds.ts";
import { projectOf } from "./managed.ts";
import { DEFAULT_PACKAGE, feedOf } from "./plan.ts";
import { entriesOf, isBinding, looseActions, nameOf, triggerOf } from "./platform-entities.ts";
import type { Target } from "./target.ts";
import { writeYaml } from "./write-yaml.ts";

export type ExportOptions = {
  readonly project: string;
  /** file to write */
  readonly manifest: string;
  readonly print: (line: string) => void;
};

/** Rejects with a ClientFailure, or with the system's error for a file it cannot write. */
export async function exportProject(options: ExportOptions, target: Target): Promise<void> {
  await exportInto(options, target, new Set());
}

async function exportInto(
  options: ExportOptions,
  target: Target,
  done: Set<string>,
): Promise<void> {
  done.add(options.project);
  const { entities } = target;
  const isOwn = (entity: JsonMap): boolean => projectOf(entity) === options.project;
  const listed = (await entities.list("packages")).filter(isOwn);
  const folder = dirname(options.manifest);
  const packages = new Map<string, Written>();
  for (const found of listed.filter((one) => !isBinding(one))) {
    packages.set(nameOf(found), await packageEntry(nameOf(found), isOwn, folder, target));
  }
  const loose = (await looseActions(target)).filter(isOwn);
  if (loose.length > 0) {
    packages.set(DEFAULT_PACKAGE, await actionEntries(DEFAULT_PACKAGE, loose, folder, target));
  }
  const bindings = listed.filter(isBinding);
  const first = [...packages.keys()][0] ?? DEFAULT_PACKAGE;
  packages.set(first, {
    ...packages.get(first),
    triggers: await triggerEntries(isOwn, target),
    rules: await ruleEntries(isOwn, target),
    dependencies: await dependencyEntries(bindings, target),
  });
  await apiEntries(packages, target);
  await mkdir(folder, { recursive: true });
  const manifest = { project: { name: options.project }, packages: Object.fromEntries(packages) };
  await writeFile(options.manifest, writeYaml(manifest));
  options.print(`Manifest exported to: ${options.manifest}`);
  await exportDependencies(bindings, options, target, done);
}

type IsOwn = (entity: JsonMap) => boolean;

async function packageEntry(
  name: string,
  isOwn: IsOwn,
  folder: string,
  target: Target,
): Promise<Written> {
  const { entities } = target;
  const found = await entities.find("packages", name);
  const actions = (await entities.list("actions", name)).filter(isOwn);
  return {
    version: found === undefined ? undefined : text(found, "version"),
    public: found?.get("publish") === true ? true : undefined,
    inputs: inputsOf(entriesOf(found, "parameters")),
    annotations: annotationsOf(entriesOf(found, "annotations")),
    ...(await actionEntries(name, actions, folder, target)),
  };
}

/** Entries of actions and sequences; the code goes into files beside the manifest. */
async function actionEntries(
  packageName: string,
  listed: readonly JsonMap[],
  folder: string,
  { entities }: Target,
): Promise<Written> {
  const actions: Record<string, Written> = {};
  const sequences: Record<string, Written> = {};
  for (const name of listed.map(nameOf)) {
    const path = packageName === DEFAULT_PACKAGE ? name : `${packageName}/${name}`;
    const found = await entities.find("actions", path, "?code=true");
    if (found === undefined) continue;
    const action = toAction(found);
    if (action.exec?.kind === "sequence") {
      sequences[name] = sequenceEntry(action);
      continue;
    }
    const code = codeFile(action);
    if (code !== undefined) {
      await mkdir(join(folder, fileName(packageName)), { recursive: true });
      await writeFile(join(folder, fileName(packageName), fileName(code.name)), code.content);
    }
    const file = code === undefined ? undefined : `${fileName(packageName)}/${fileName(code.name)}`;
    actions[name] = actionEntry(action, file);
  }
  return { actions, sequences };
}

async function triggerEntries(isOwn: IsOwn, target: Target): Promise<Written> {
  const { entities, auth } = target;
  const entries: Record<string, Written> = {};
  for (const listed of (await entities.list("triggers")).filter(isOwn)) {
    const name = nameOf(listed);
    const trigger = triggerOf((await entities.find("triggers", name)) ?? listed);
    const feed = feedOf(trigger);
    // The inputs of a feed are known to its provider alone.
    const answer =
      feed === undefined
        ? null
        : await callFeed(entities, { event: "READ", feed, trigger: name, auth });
    entries[name] = triggerEntry(trigger, mapOf(mapOf(answer).get("config")));
  }
  return entries;
}

async function ruleEntries(isOwn: IsOwn, { entities }: Target): Promise<Written> {
  const entries: Record<string, Written> = {};
  for (const listed of (await entities.list("rules")).filter(isOwn)) {
    entries[nameOf(listed)] = ruleEntry(listed, entriesOf(listed, "annotations"));
  }
  return entries;
}

async function dependencyEntries(
  bindings: readonly JsonMap[],
  { entities }: Target,
): Promise<Written> {
  const entries: Record<string, Written> = {};
  for (const listed of bindings) {
    const found = (await entities.find("packages", nameOf(listed))) ?? listed;
    entries[nameOf(listed)] = bindingEntry(found, entriesOf(found, "parameters"));
  }
  return entries;
}

/** The projects that bound packages belong to, each into a manifest of its own. */
async function exportDependencies(
  bindings: readonly JsonMap[],
  options: ExportOptions,
  target: Target,
  done: Set<string>,
): Promise<void> {
  if (bindings.length === 0) return;
  const folder = join(dirname(options.manifest), "dependencies");
  options.print(`Exporting project dependencies to ${folder}`);
  for (const binding of bindings.map((found) => mapOf(found.get("binding")))) {
    const name = text(binding, "name") ?? "";
    const isForeign = text(binding, "namespace") !== target.namespace && target.namespace !== "_";
    const origin = isForeign ? undefined : await target.entities.find("packages", name);
    const project = origin === undefined ? undefined : projectOf(origin);
    if (project === undefined) {
      options.print(
        `Warning! Dependency package ${name} currently unmanaged by any project. Unable to export ` +
          "this package",
      );
    } else if (!done.has(project)) {
      const manifest = join(folder, `${fileName(project)}.yaml`);
      await exportInto({ ...options, project, manifest }, target, done);
    }
  }
}

/** What the platform calls something, as one part of a path: it leads nowhere else. */
function fileName(name: string): string {
  return name.replaceAll(/[/\\\0]/g, "_").replace(/^\.+$/, "_");
}

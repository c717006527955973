// Projects in temporary folders, planned or deployed in this process.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse } from "../../../src/client/json.ts";
import type { Plan } from "../../../src/deploy/plan.ts";
import { type PrepareOptions, prepareProject } from "../../../src/deploy/prepare.ts";
import { readRuntimes } from "../../../src/deploy/runtimes.ts";

export type Project = Disposable & {
  readonly folder: string;
  readonly write: (name: string, content: string | Buffer) => string;
  /** plans manifest.yaml, with deployment.yaml if it was written */
  readonly plan: (options?: Partial<PrepareOptions> & { project?: string }) => Promise<Plan>;
  readonly warnings: string[];
};

const RUNTIMES = readRuntimes(
  parse(
    JSON.stringify({
      runtimes: {
        nodejs: [{ kind: "nodejs:14" }, { kind: "nodejs:20", default: true }],
        python: [{ kind: "python:3.11", default: true }],
        java: [{ kind: "java:8", default: true }],
      },
    }),
  ),
);

/** `files` by name; manifest.yaml among them. */
export function openProject(files: Readonly<Record<string, string | Buffer>>): Project {
  const folder = mkdtempSync(join(tmpdir(), "meringue-project-"));
  const write = (name: string, content: string | Buffer): string => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  };
  for (const [name, content] of Object.entries(files)) write(name, content);
  const warnings: string[] = [];
  const plan: Project["plan"] = ({ project = "", ...options } = {}) =>
    prepareProject(
      {
        manifest: join(folder, "manifest.yaml"),
        deployment: "deployment.yaml" in files ? join(folder, "deployment.yaml") : "",
        project,
      },
      {
        namespace: "_",
        env: {},
        runtimes: RUNTIMES,
        params: new Map(),
        isStrict: false,
        isManaged: false,
        isUndeploy: false,
        warn: (text) => warnings.push(text),
        ...options,
      },
    );
  return {
    folder,
    write,
    plan,
    warnings,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

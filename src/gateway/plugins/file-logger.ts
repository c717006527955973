/** `file-logger`: adds a line of JSON to a file for each request. */
import { resolve } from "node:path";
import { LRUCache } from "lru-cache";
import type { Json } from "../../core/documents.ts";
import { compileExpression, type Expression } from "../expression.ts";
import type { Plugin, PluginServices } from "../plugin.ts";
import type { RequestContext } from "../request-context.ts";
import { LineFile } from "./lib/line-file.ts";
import { LOG_PROPERTIES, type LogConf } from "./lib/log-entry.ts";
import { expressionProblem, logPhases } from "./lib/log-phases.ts";

export type FileLoggerConf = LogConf & {
  readonly path?: string;
  /** Expressions of which one must hold. */
  readonly match?: Json[];
};

const NAME = "file-logger";
/** Files that are open at the same time; the one that was not used longest is closed. */
const OPEN_FILES_MAX = 64;
const NO_PATH = 'property "path" is not set in either the plugin conf or the metadata';

export const fileLogger: Plugin<FileLoggerConf> = {
  name: NAME,
  readsBody: true,
  version: 0.1,
  priority: 399,
  schema: {
    type: "object",
    properties: {
      path: { type: "string" },
      ...LOG_PROPERTIES,
      match: { type: "array", maxItems: 20, items: { type: "array" } },
    },
  },
  metadataSchema: {
    type: "object",
    properties: {
      path: { type: "string" },
      log_format: { type: "object" },
      log_format_extra: { type: "object" },
    },
  },
  check: (conf, kind) => {
    const problem = kind === "plugin" ? expressionProblem(conf.match) : undefined;
    return problem && `failed to validate the 'match' expression: ${problem}`;
  },
  create: (services) => {
    const files = new OpenFiles(services);
    const matches = matcher();
    const phases = logPhases<FileLoggerConf>({
      plugin: NAME,
      services,
      write: (conf, _ctx, entry) => {
        const path = conf.path ?? services.metadata(NAME)?.["path"];
        if (typeof path !== "string") services.log("error", NO_PATH);
        else files.at(path).add(JSON.stringify(entry));
      },
    });
    return {
      ...phases,
      log: (conf, ctx) => {
        if (matches(conf, ctx)) phases.log?.(conf, ctx);
      },
      stop: () => files.close(),
    };
  },
};

class OpenFiles {
  private readonly log: PluginServices["log"];
  private readonly closing = new Set<Promise<void>>();
  private readonly files = new LRUCache<string, LineFile>({
    max: OPEN_FILES_MAX,
    dispose: (file, path) => this.end(file, path),
  });

  constructor({ log }: PluginServices) {
    this.log = log;
  }

  /** A relative path begins at the working directory. */
  at(path: string): LineFile {
    const full = resolve(path);
    let file = this.files.get(full);
    if (file === undefined) {
      file = new LineFile({ path: full, log: this.log });
      this.files.set(full, file);
    }
    return file;
  }

  async close(): Promise<void> {
    this.files.clear();
    await Promise.all(this.closing);
  }

  private end(file: LineFile, path: string): void {
    const closed = file
      .close()
      .catch((err: unknown) => this.log("error", `failed to close file: ${path}`, { err }))
      .finally(() => this.closing.delete(closed));
    this.closing.add(closed);
  }
}

/** True where nothing is asked. */
function matcher(): (conf: FileLoggerConf, ctx: RequestContext) => boolean {
  const known = new WeakMap<FileLoggerConf, readonly Expression[]>();
  return (conf, ctx) => {
    if (conf.match === undefined) return true;
    let expressions = known.get(conf);
    if (expressions === undefined) {
      expressions = conf.match.map((one) => compileExpression([one]));
      known.set(conf, expressions);
    }
    return expressions.some((holds) => holds((name) => ctx.var(name)));
  };
}

/**
 * Standalone file mode: `apisix.yaml`, which ends with a line "#END", or `apisix.json`. The file is
 * looked at once a second; what it says replaces what was served, and a resource that is wrong is
 * left out (apisix/core/config_yaml.lua).
 */
import { readFile } from "node:fs/promises";
import type { Json, JsonObject } from "../../core/documents.ts";
import { fileStamp } from "../../lib/file-stamp.ts";
import { isObject } from "../schema/lua.ts";
import { emptyForNull, fillText, fillVariables, readYaml } from "./yaml-file.ts";

const LOOK_MS = 1000;
/** Whoever writes the file adds it last: before, the file is not complete. */
const END = /(?:^|\n)#END\s*$/u;

export type RulesFileOptions = {
  readonly path: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Called with each new content, one after the other. */
  readonly onContent: (document: JsonObject) => Promise<void>;
  readonly log: (level: "info" | "warn" | "error", message: string, fields?: object) => void;
  readonly lookMs?: number;
};

export class RulesFile {
  readonly #options: RulesFileOptions;
  #timer: NodeJS.Timeout | undefined;
  #seen = "";
  /** The text that was told last. */
  #told: string | undefined;
  #looking: Promise<void> = Promise.resolve();

  private constructor(options: RulesFileOptions) {
    this.#options = options;
  }

  /** Resolves when the file was read for the first time; a missing or bad one is logged. */
  static async open(options: RulesFileOptions): Promise<RulesFile> {
    const file = new RulesFile(options);
    await file.#look();
    let isLooking = false;
    file.#timer = setInterval(() => {
      // A slow disk must not let looks pile up.
      if (isLooking) return;
      isLooking = true;
      file.#looking = file.#look().finally(() => {
        isLooking = false;
      });
    }, options.lookMs ?? LOOK_MS);
    file.#timer.unref();
    return file;
  }

  /** Resolves when nothing more will be told. */
  stop(): Promise<void> {
    clearInterval(this.#timer);
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { path, log } = this.#options;
    try {
      const stamp = await fileStamp(path);
      if (stamp === this.#seen) return;
      this.#seen = stamp;
      await this.#load();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      if (this.#seen !== reason)
        log("error", "the rules of the gateway cannot be read", { reason });
      if ((cause as NodeJS.ErrnoException).code !== undefined) this.#seen = reason;
    }
  }

  async #load(): Promise<void> {
    const { path, env, onContent, log } = this.#options;
    const text = await readFile(path, "utf8");
    // One who looks in the middle of a write reads what the next look finds new.
    if (text === this.#told) return;
    const isJson = path.endsWith(".json");
    if (!isJson && !END.test(text)) {
      throw new Error(`missing valid end flag in file ${path}`);
    }
    const document = isJson
      ? fillVariables(JSON.parse(text) as Json, env)
      : emptyForNull(readYaml(fillText(text, env), path).toJS() as Json);
    if (!isObject(document)) throw new Error(`${path} holds no object`);
    await onContent(document);
    this.#told = text;
    log("info", "the rules of the gateway were read", { path });
  }
}

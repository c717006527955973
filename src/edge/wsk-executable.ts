/**
 * The client as one file that needs nothing installed: the server's own Node.js with the client's
 * script inside (a single executable application). It and its archive are made when first asked
 * for, and kept.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { tarGz } from "./archive.ts";
import { bringOwnAtomic } from "./own-atomic.ts";

const run = promisify(execFile);
const BUILD_MS_MAX = 120_000;
const BUILDING = "building-";

export type ExecutableOptions = {
  /** The client as one script; `npm run build` makes it. */
  readonly script: string;
  /** Holds what was made; cleaned of what is out of date. */
  readonly folder: string;
  /** The Node.js to put it into. */
  readonly node: string;
};

/** Writes a file to the path given; `workshop` is a folder of its own for it. */
type Make = (path: string, workshop: string) => Promise<void>;

export class WskExecutable {
  readonly #options: ExecutableOptions;
  /** By the file's name: all who ask while it is made wait for the same one. */
  readonly #making = new Map<string, Promise<string>>();

  constructor(options: ExecutableOptions) {
    this.#options = options;
  }

  /**
   * Path of the executable. Rejects when it cannot be made (ENOENT: no script; no room on the
   * disk); the next one to ask tries again.
   */
  async path(): Promise<string> {
    return this.#file(await this.#name(), (path, workshop) => this.#build(path, workshop));
  }

  /** Path of its tar.gz, with the executable as `wsk`. Rejects as `path` does. */
  async archive(): Promise<string> {
    const executable = await this.path();
    return this.#file(`${await this.#name()}.tgz`, async (path) => {
      await pipeline(await tarGz(executable, "wsk"), createWriteStream(path));
    });
  }

  /** Another script or another Node.js gives another name. */
  async #name(): Promise<string> {
    const { script, node } = this.#options;
    const hash = createHash("sha256").update(await readFile(script));
    hash.update(`${process.version} ${process.arch} ${(await stat(node)).size}`);
    return `wsk-${hash.digest("hex").slice(0, 16)}`;
  }

  #file(name: string, make: Make): Promise<string> {
    const known = this.#making.get(name);
    if (known !== undefined) return known;
    const making = this.#find(name, make).finally(() => this.#making.delete(name));
    this.#making.set(name, making);
    return making;
  }

  async #find(name: string, make: Make): Promise<string> {
    const { folder } = this.#options;
    const path = join(folder, name);
    if ((await stat(path).catch(() => undefined))?.isFile()) return path;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await removeOthers(folder, name);
    const workshop = await mkdtemp(join(folder, BUILDING));
    try {
      const made = join(workshop, "made");
      await make(made, workshop);
      await rename(made, path);
      return path;
    } finally {
      await rm(workshop, { recursive: true, force: true });
    }
  }

  async #build(path: string, workshop: string): Promise<void> {
    const { script, node } = this.#options;
    const config = join(workshop, "sea.json");
    const options = {
      main: script,
      output: path,
      executable: node,
      disableExperimentalSEAWarning: true,
      useSnapshot: false,
      useCodeCache: false,
      // NODE_OPTIONS are for the user's own programs.
      execArgvExtension: "none",
    };
    await writeFile(config, JSON.stringify(options));
    await run(node, ["--build-sea", config], { timeout: BUILD_MS_MAX, cwd: workshop });
    await bringOwnAtomic(path);
    await chmod(path, 0o755);
    // What does not run here is given to nobody.
    await run(path, ["help"], { timeout: BUILD_MS_MAX });
  }
}

/** What other versions have left, and a server that was killed while it made one. */
async function removeOthers(folder: string, name: string): Promise<void> {
  const [base = name] = name.split(".");
  for (const entry of await readdir(folder)) {
    const isOurs = entry.startsWith("wsk-") || entry.startsWith(BUILDING);
    if (isOurs && !entry.startsWith(base)) {
      await rm(join(folder, entry), { recursive: true, force: true });
    }
  }
}

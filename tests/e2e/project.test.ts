/** `wsk project` on the built server: the project of docs/project-deploy.md, as it is written there. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { guestKey } from "../helpers/identities.ts";
import { root, startPlatform, type TestPlatform, wskBin } from "../helpers/platform.ts";
import { runProgram } from "../helpers/program.ts";
import { type TempDir, tempDir } from "../helpers/temp-dir.ts";
import { waitFor } from "../helpers/wait-for.ts";

let platform: TestPlatform;
let home: TempDir;
const page = await readFile(join(root, "docs", "project-deploy.md"), "utf8");

/** A command line as the page has it. */
const bash = (line: string, folder = home.path) =>
  runProgram("bash", ["-c", `wsk() { "${wskBin}" "$@"; }; ${line}`], {
    env: { HOME: home.path },
    cwd: folder,
  });

const write = async (name: string, content: string): Promise<void> => {
  const path = join(home.path, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
};

/** Names of all entities of the namespace, sorted. */
async function entities(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const collection of ["packages", "actions", "triggers", "rules"]) {
    const answer = await get(`namespaces/_/${collection}`);
    for (const { namespace, name } of (await answer.json()) as Record<string, string>[]) {
      const folder = namespace?.split("/").slice(1).join("/");
      found.push(`${collection}/${folder ? `${folder}/` : ""}${name}`);
    }
  }
  return found.sort();
}

function get(path: string): Promise<Response> {
  const authorization = `Basic ${Buffer.from(guestKey).toString("base64")}`;
  return fetch(`${platform.url}/api/v1/${path}`, { headers: { authorization } });
}

const DEPLOYED = { code: 0, stdout: "Success: Deployment completed successfully.\n", stderr: "" };
const UNDEPLOYED = { ...DEPLOYED, stdout: "Success: Undeployment completed successfully.\n" };

beforeAll(async () => {
  platform = await startPlatform();
  home = await tempDir();
  await write(".wskprops", `APIHOST=${platform.url}\nAUTH=${guestKey}\n`);
});

afterAll(async () => {
  await platform?.[Symbol.asyncDispose]();
  await home?.[Symbol.asyncDispose]();
});

describe("the page", () => {
  const files = [...page.matchAll(/^File `([^`]+)`[^\n]*:\n\n```\w+\n([\s\S]*?)^```$/gm)];
  const commands = /^```sh\n([\s\S]*?)^```$/m.exec(page)?.[1]?.trim().split("\n") ?? [];
  const run = (begin: string) => bash(commands.find((line) => line.startsWith(begin)) ?? "false");

  beforeAll(async () => {
    for (const [, name = "", content = ""] of files) await write(name, content);
  });

  test("has a project and commands", () => {
    expect(files.map(([, name]) => name)).toContain("manifest.yaml");
    expect(commands).toHaveLength(5);
  });

  test("previews it", async () => {
    const { code, stdout } = await run("wsk project deploy --preview");
    expect(code).toBe(0);
    expect(stdout).toContain('        - greeting : "Welcome"\n');
    expect(stdout).toContain("  * sequence: hello-loud\n");
    expect(await entities()).toEqual([]);
  });

  test("deploys it, and again", async () => {
    expect(await run("VISITOR=Ada wsk project deploy")).toEqual(DEPLOYED);
    expect(await run("VISITOR=Ada wsk project deploy")).toEqual(DEPLOYED);
    expect(await entities()).toEqual([
      "actions/greet/hello",
      "actions/greet/hello-loud",
      "actions/greet/shout",
      "packages/greet",
      "rules/on-visit",
      "triggers/visit",
    ]);
  });

  test("invokes its actions, also from the web", async () => {
    const hello = await run("wsk action invoke greet/hello --result");
    expect(JSON.parse(hello.stdout)).toEqual({ body: "Welcome, Ada!" });
    const loud = await run("wsk action invoke greet/hello-loud");
    expect(JSON.parse(loud.stdout)).toEqual({ body: "WELCOME, BOB!" });
    const web = await fetch(`${platform.url}/api/v1/web/guest/greet/hello.http`);
    expect(await web.text()).toBe("Welcome, Ada!");
  });

  test("has a rule that runs the sequence", async () => {
    const authorization = `Basic ${Buffer.from(guestKey).toString("base64")}`;
    const url = `${platform.url}/api/v1/namespaces/_/triggers/visit`;
    const fired = await fetch(url, { method: "POST", headers: { authorization } });
    expect(fired.status).toBe(202);
    await waitFor("the sequence's record", async () => {
      const list = await get("namespaces/_/activations?name=greet/hello-loud&docs=true");
      const records = (await list.json()) as { response: { result: { body: string } } }[];
      return records.some(({ response }) => response.result.body === "WELCOME, GRACE!");
    });
  });

  test("undeploys it", async () => {
    expect(await run("wsk project undeploy")).toEqual(UNDEPLOYED);
    expect(await entities()).toEqual([]);
  });
});

const FEED = `
// Remembers nothing: it says what it was asked, or refuses.
function main({ lifecycleEvent, triggerName, refuse }) {
  if (refuse) return { error: "the provider refuses" };
  return { event: lifecycleEvent, trigger: triggerName, config: { every: 5 } };
}`;

describe("a managed project", () => {
  const folder = "managed";
  const sync = async (packages: string) => {
    await write(`${folder}/manifest.yaml`, `project: {name: M}\npackages: ${packages}\n`);
    return bash("wsk project sync", join(home.path, folder));
  };
  const whole =
    "{m: {dependencies: {library: {location: ./lib}}, actions: {feed: {function: feed.js}, " +
    "old: {function: feed.js}}, triggers: {fed: {feed: m/feed, inputs: {every: 5}}}, " +
    "rules: {r: {trigger: fed, action: feed}}}, default: {sequences: {s: {actions: m/feed}}}}";

  beforeAll(async () => {
    await write(`${folder}/feed.js`, FEED);
    await write(`${folder}/lib/manifest.yaml`, "project: {name: L}\npackages: {lib: {}}\n");
  });

  test("is deployed with its dependency and its feed", async () => {
    expect(await sync(whole)).toEqual(DEPLOYED);
    expect(await entities()).toEqual([
      "actions/m/feed",
      "actions/m/old",
      "actions/s",
      "packages/lib",
      "packages/library",
      "packages/m",
      "rules/r",
      "triggers/fed",
    ]);
    const records = await waitFor("the record of the feed", async () => {
      const list = await get("namespaces/_/activations?name=m/feed&docs=true");
      const found = (await list.json()) as { response: { result: unknown } }[];
      return found.length > 0 && found;
    });
    expect(records.map(({ response }) => response.result)).toMatchObject([
      { event: "CREATE", trigger: "/_/fed" },
    ]);
  });

  test("is exported and deployed from that again", async () => {
    const before = await entities();
    const manifest = join(home.path, "exported", "manifest.yaml");
    const ran = await bash(`wsk project export --projectname M --manifest ${manifest}`);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(await readFile(join(home.path, "exported", "m", "feed.js"), "utf8")).toBe(FEED);
    expect((await bash("wsk project undeploy --projectname M")).code).toBe(0);
    expect(await entities()).toEqual([]);
    const again = await bash(
      `wsk project sync --manifest dependencies/L.yaml && wsk project sync --manifest manifest.yaml`,
      join(home.path, "exported"),
    );
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(await entities()).toEqual(before);
  });

  test("loses what its manifest no longer names", async () => {
    expect(await sync("{m: {actions: {feed: {function: feed.js}}}}")).toEqual(DEPLOYED);
    expect(await entities()).toEqual(["actions/m/feed", "packages/lib", "packages/m"]);
  });

  test("keeps no trigger whose feed refuses", async () => {
    const packages =
      "{m: {actions: {feed: {function: feed.js}}, triggers: {t: {feed: m/feed, inputs: {refuse: yes}}}}}";
    const ran = await sync(packages);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("[ERROR_WHISK_CLIENT_ERROR]: Error code: 246: ");
    expect(ran.stderr).toContain("the provider refuses");
    expect(await entities()).not.toContain("triggers/t");
    await rm(join(home.path, folder), { recursive: true });
    expect((await bash("wsk project undeploy --projectname M")).code).toBe(0);
    expect((await bash("wsk project undeploy --projectname L")).code).toBe(0);
    expect(await entities()).toEqual([]);
  });
});

/**
 * Compositions of the npm package `openwhisk-composer`, made and deployed with its own programs,
 * run through its client's parent `openwhisk` and through `wsk`.
 */
import { join } from "node:path";
import openwhisk from "openwhisk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { guestKey } from "../helpers/identities.ts";
import { root } from "../helpers/platform.ts";
import { runProgram } from "../helpers/program.ts";
import { waitFor } from "../helpers/wait-for.ts";
import { openWskHome, type WskHome } from "../helpers/wsk.ts";

const PROGRAMS = join(root, "node_modules", "openwhisk-composer", "bin");

let home: WskHome;
let client: openwhisk.Client;
beforeAll(async () => {
  home = await openWskHome();
  client = openwhisk({ apihost: home.host, api_key: guestKey });
  const action = "function main({ n = 0 }) { return { n: n + 1 }; }";
  await client.actions.create({ name: "increment", action });
  const fails = "function main() { return { error: 'sorry' }; }";
  await client.actions.create({ name: "fails", action: fails });
});
afterAll(() => home?.[Symbol.asyncDispose]());

async function program(name: string, ...args: readonly string[]): Promise<string> {
  const place = { env: { HOME: home.folder }, cwd: home.folder };
  const run = await runProgram(process.execPath, [join(PROGRAMS, name), ...args], place);
  expect({ name, code: run.code, stderr: run.stderr }).toEqual({ name, code: 0, stderr: "" });
  return run.stdout;
}

/** Composes and deploys; `source` is an expression with `composer`. */
async function deploy(name: string, source: string): Promise<string> {
  const file = `const composer = require("openwhisk-composer"); module.exports = ${source};`;
  await home.file(`${name}.js`, file);
  await program("compose.js", `${name}.js`, "-o", `${name}.json`);
  return program("deploy.js", name, `${name}.json`, "-w");
}

/** Names of the actions that an activation has run, in their order. */
async function componentsOf(activationId: string): Promise<readonly string[]> {
  const { logs } = await client.activations.get(activationId);
  const records = (logs as readonly string[]).map((id) =>
    waitFor("the record of a component", () => client.activations.get(id)),
  );
  return (await Promise.all(records)).map(({ name = "" }) => name);
}

describe("composed, deployed and run", () => {
  test.each<readonly [string, string, object, object]>([
    ["sequence", "composer.sequence('increment', 'increment')", { n: 3 }, { n: 5 }],
    ["empty", "composer.sequence()", { n: 3 }, { n: 3 }],
    [
      "if-else",
      "composer.if(({ n }) => n > 3, 'increment', composer.literal({ small: true }))",
      { n: 3 },
      { small: true },
    ],
    ["if-then", "composer.if(({ n }) => n > 3, 'increment')", { n: 4 }, { n: 5 }],
    ["while", "composer.while(({ n }) => n < 3, 'increment')", { n: 0 }, { n: 3 }],
    ["dowhile", "composer.dowhile('increment', ({ n }) => n < 3)", { n: 9 }, { n: 10 }],
    ["repeat", "composer.repeat(3, 'increment')", { n: 0 }, { n: 3 }],
    [
      "let",
      "composer.let({ kept: 40 }, 'increment', ({ n }) => ({ sum: n + kept }))",
      { n: 1 },
      { sum: 42 },
    ],
    [
      "mask",
      "composer.let({ n: 1 }, composer.mask('increment'), (params) => ({ ...params, hidden: n }))",
      { n: 1 },
      { n: 2, hidden: 1 },
    ],
    ["try", "composer.try('fails', ({ error }) => ({ caught: error }))", {}, { caught: "sorry" }],
    [
      "finally",
      "composer.finally('fails', ({ error }) => ({ at: 'end', saw: error }))",
      {},
      { at: "end", saw: "sorry" },
    ],
    ["retain", "composer.retain('increment')", { n: 1 }, { params: { n: 1 }, result: { n: 2 } }],
    ["merge", "composer.merge('increment')", { n: 1, kept: true }, { n: 2, kept: true }],
    ["task", "composer.task('/whisk.system/utils/echo')", { any: 1 }, { any: 1 }],
    [
      "own-action",
      "composer.action('embedded', { action: ({ who }) => ({ hello: who }) })",
      { who: "Ada" },
      { hello: "Ada" },
    ],
  ])("%s", async (name, source, params, result) => {
    const said = await deploy(name, source);
    expect(said).toMatch(/^ok: created actions? /);
    expect(await client.actions.invoke({ name, params, blocking: true, result: true })).toEqual(
      result,
    );
    await home.file("params.json", JSON.stringify(params));
    const run = await home.wsk("action", "invoke", name, "-r", "-P", "params.json");
    expect({ ...run, stdout: JSON.parse(run.stdout) }).toEqual({
      code: 0,
      stdout: result,
      stderr: "",
    });
  });
});

test("retry: an error is tried again as often as asked, then it is the end", async () => {
  await deploy("tries", "composer.retry(2, 'fails')");
  const failure = await client.actions
    .invoke({ name: "tries", blocking: true })
    .catch((error: unknown) => error);
  const { response, activationId } = (failure as { error: Record<string, never> }).error;
  expect(response).toMatchObject({ status: "application error", result: { error: "sorry" } });
  const names = await componentsOf(activationId ?? "");
  expect(names.filter((name) => name === "fails")).toHaveLength(3);
});

test("async: the composition does not wait for it", async () => {
  await deploy("later", "composer.async('increment')");
  const { activationId } = (await client.actions.invoke({
    name: "later",
    params: { n: 6 },
    blocking: true,
    result: true,
  })) as { activationId: string };
  // What is invoked is the composition again, from the middle; increment is a component of it.
  const run = await waitFor("what was left behind", () => client.activations.get(activationId));
  expect(run).toMatchObject({ name: "later", response: { result: { n: 7 } } });
});

test("what ran is told in the record: the conductor between its components", async () => {
  await deploy("told", "composer.seq('increment', 'increment')");
  const record = await client.actions.invoke({ name: "told", params: { n: 0 }, blocking: true });
  const names = await componentsOf(record.activationId);
  expect(names).toEqual(["told", "increment", "told", "increment", "told"]);
  const keyed = new Map(record.annotations?.map(({ key, value }) => [key, value]));
  expect(Object.fromEntries(keyed)).toMatchObject({ conductor: true, topmost: true });
});

test("parallel without a store of its own says what it needs", async () => {
  await deploy("both", "composer.parallel('increment', 'increment')");
  const failure = await client.actions
    .invoke({ name: "both", blocking: true })
    .catch((error: unknown) => error);
  expect((failure as { error: unknown }).error).toMatchObject({
    response: {
      result: { error: "Parallel combinator requires a properly configured redis instance" },
    },
  });
});

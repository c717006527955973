/** The examples of docs/gateway as their readers follow them: every command of every page. */
import { readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Command, commandsOf, matchesOutput } from "../helpers/doc-page.ts";
import { type ExamplePeers, startExamplePeers, substitute } from "../helpers/example-peers.ts";
import { request } from "../helpers/http.ts";
import { root, startPlatform, type TestPlatform } from "../helpers/platform.ts";
import { runProgram } from "../helpers/program.ts";
import { type TempDir, tempDir } from "../helpers/temp-dir.ts";
import { waitFor } from "../helpers/wait-for.ts";

const KEY = "edd1c9f034335f136f87ad84b625c8f1";
const pages = readdirSync(join(root, "docs", "gateway", "examples"));
/** In an order in which nothing is deleted that another one refers to. */
const FOLDERS = [
  ...["routes", "consumers", "services", "upstreams", "plugin_configs", "consumer_groups"],
  ...["global_rules", "plugin_metadata", "ssls", "secrets"],
];

let platform: TestPlatform;
let peers: ExamplePeers;
let folder: TempDir;
let environment: string;
/** What stands on the pages, and what is there in this run. */
let places: readonly (readonly [shown: string, real: string])[];

beforeAll(async () => {
  folder = await tempDir("examples");
  peers = await startExamplePeers();
  platform = await startPlatform({ gateway: true });
  const at = (role: string): string => {
    const found = platform.listeners.find((one) => one.role === role);
    return `127.0.0.1:${found?.port}`;
  };
  places = [
    ["127.0.0.1:9080", at("gateway")],
    ["127.0.0.1:9180", at("gateway-admin")],
    ["127.0.0.1:9090", at("gateway-control")],
    ["127.0.0.1:9091", at("gateway-prometheus")],
    ["127.0.0.1:3233", platform.url.replace("http://", "")],
    ["/tmp/", `${folder.path}/`],
    ...peers.addresses,
  ];
  environment =
    `export ADMIN=http://${at("gateway-admin")} GATEWAY=http://${at("gateway")} ` +
    `ADMIN_KEY=${KEY}\n`;
});

afterEach(async () => {
  await emptyGateway();
  peers.reset();
});

afterAll(async () => {
  await platform[Symbol.asyncDispose]();
  await peers[Symbol.asyncDispose]();
  await rm(folder.path, { recursive: true, force: true });
});

test.each(pages)("docs/gateway/examples/%s", async (page) => {
  const commands = commandsOf(`gateway/examples/${page}`);
  expect(commands.length).toBeGreaterThan(1);
  for (const command of commands) await follow(command);
});

/**
 * What only looks is asked again for a while: a configuration is in force a moment after it was
 * put, and logs are written after the answer.
 */
async function follow({ command, output }: Command): Promise<void> {
  const isLook = !/ -X (PUT|POST|PATCH|DELETE)/.test(command);
  const run = async (): Promise<string> => {
    const real = substitute(command, places);
    const { stdout, stderr } = await runProgram("bash", ["-c", environment + real]);
    const shown = places.map(([from, to]) => [to, from] as const);
    return substitute(stdout.replaceAll("\r", "") + stderr, shown);
  };
  if (!isLook) {
    expect(await run(), command).toSatisfy((actual: string) => matchesOutput(output, actual));
    return;
  }
  await waitFor(`the output of ${command}`, async () => {
    const actual = await run();
    if (!matchesOutput(output, actual)) throw new Error(`printed ${JSON.stringify(actual)}`);
    return true;
  });
}

/** Each page begins with a gateway without configuration. */
async function emptyGateway(): Promise<void> {
  const [, admin = ""] = places.find(([shown]) => shown.endsWith(":9180")) ?? [];
  const send = (path: string, method: string) =>
    request(`http://${admin}`, {
      path: `/apisix/admin/${path}`,
      method,
      headers: { "X-API-KEY": KEY },
    });
  for (const name of FOLDERS) {
    const { json } = await send(name, "GET");
    const { list } = json as { list: readonly { readonly key: string }[] };
    for (const { key } of list) await send(`${key.slice("/apisix/".length)}?force=true`, "DELETE");
  }
}

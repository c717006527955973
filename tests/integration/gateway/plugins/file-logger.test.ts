import { readFile, rename } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import {
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from "../../../helpers/gateway.ts";
import { type TempDir, tempDir } from "../../../helpers/temp-dir.ts";
import { waitFor } from "../../../helpers/wait-for.ts";

let gateway: TestGateway;
let upstream: TestUpstream;
let folder: TempDir;

beforeAll(async () => {
  folder = await tempDir();
  gateway = await startGateway();
  upstream = await startUpstream();
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

async function put(conf: JsonObject): Promise<void> {
  await gateway.put("/routes/1", {
    uri: "/*",
    plugins: { "file-logger": conf },
    upstream: upstream.upstream,
  });
}

/** The lines of the file, when there are so many. */
async function lines(path: string, count: number): Promise<JsonObject[]> {
  return waitFor(`${count} lines in ${path}`, async () => {
    const parts = (await readFile(path, "utf8")).split("\n");
    expect(parts.pop()).toBe("");
    return parts.length >= count && parts.map((line) => JSON.parse(line) as JsonObject);
  });
}

test("each request is a line", async () => {
  const path = join(folder.path, "all.log");
  await put({ path, include_resp_body: true });
  await Promise.all([1, 2, 3].map((n) => gateway.send(`/${n}`)));
  const entries = await lines(path, 3);
  expect(entries).toHaveLength(3);
  expect(entries[0]).toMatchObject({ route_id: "1", response: { status: 200, body: "hello" } });
});

test("a format may name the answer's body, and the node by its name", async () => {
  const path = join(folder.path, "format.log");
  const log_format = {
    body: "$resp_body",
    node: "$upstream_unresolved_host",
    scheme: "$upstream_scheme",
    at: "$time_local",
    on: "$hostname",
  };
  await gateway.put("/routes/1", {
    uri: "/*",
    plugins: { "file-logger": { path, include_resp_body: true, log_format } },
    upstream: { type: "roundrobin", nodes: { [`localhost:${upstream.port}`]: 1 } },
  });
  await gateway.send("/");
  expect(await lines(path, 1)).toEqual([
    {
      body: "hello",
      node: "localhost",
      scheme: "http",
      at: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
      on: hostname(),
      route_id: "1",
    },
  ]);
});

test("a file that was moved away is begun anew", async () => {
  const path = join(folder.path, "rotated.log");
  await put({ path, log_format: { uri: "$uri" } });
  await gateway.send("/first");
  await lines(path, 1);
  await rename(path, `${path}.1`);
  const isNew = async (): Promise<boolean> => {
    await gateway.send("/later");
    const text = await readFile(path, "utf8").catch(() => "");
    return text.includes("/later");
  };
  await waitFor("a new file", isNew, { everyMs: 100 });
  expect(await readFile(`${path}.1`, "utf8")).toContain("/first");
});

test("the path may come from the metadata", async () => {
  const path = join(folder.path, "metadata.log");
  await put({});
  await gateway.send("/");
  expect(gateway.logs().at(-1)?.["msg"]).toBe(
    'property "path" is not set in either the plugin conf or the metadata',
  );
  await gateway.put("/plugin_metadata/file-logger", { path, log_format: { at: "$uri" } });
  await gateway.send("/there");
  expect(await lines(path, 1)).toEqual([{ at: "/there", route_id: "1" }]);
  await gateway.delete("/plugin_metadata/file-logger");
});

test("only what matches is written", async () => {
  const path = join(folder.path, "match.log");
  const match = [[["arg_name", "==", "jack"]], [["request_method", "==", "POST"]]];
  await put({ path, match, log_format: { uri: "$request_uri" } });
  await gateway.send("/?name=rose");
  await gateway.send("/?name=jack");
  await gateway.send("/post", { method: "POST" });
  const uris = (await lines(path, 2)).map(({ uri }) => uri);
  expect(uris).toEqual(["/?name=jack", "/post"]);
});

test("a file that cannot be written stops no request, and is told once", async () => {
  const path = join(folder.path, "no", "such", "folder.log");
  await put({ path });
  for (let n = 0; n < 3; n++) expect((await gateway.send("/")).status).toBe(200);
  const told = () => gateway.logs().filter(({ msg }) => msg === `failed to write file: ${path}`);
  await waitFor("the log", () => told().length > 0);
  expect(told()).toHaveLength(1);
});

test("more files than are kept open have all their lines", async () => {
  const paths = Array.from({ length: 70 }, (_, at) => join(folder.path, `many-${at}.log`));
  for (const path of [...paths, ...paths]) {
    await put({ path, log_format: { uri: "$uri" } });
    await gateway.send("/");
  }
  for (const path of paths) expect(await lines(path, 2)).toHaveLength(2);
});

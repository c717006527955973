/** What stands before the API on a listener, over real sockets; the API is an echo. */
import { createHash } from "node:crypto";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { downloadsFor } from "../../../src/edge/download-tree.ts";
import { createDownloads } from "../../../src/edge/downloads.ts";
import { createEdge } from "../../../src/edge/edge.ts";
import { TrustedProxies } from "../../../src/edge/forwarded.ts";
import { redirectToSecure } from "../../../src/edge/redirect.ts";
import { WskExecutable } from "../../../src/edge/wsk-executable.ts";
import { HttpListener } from "../../../src/lib/http-listener.ts";
import { request } from "../../helpers/http.ts";
import { runProgram } from "../../helpers/program.ts";
import { type TempDir, tempDir } from "../../helpers/temp-dir.ts";

const MACHINE = { system: "linux", processor: "amd64" };
/** Says what reached it: method, URL, and what proxies said. */
const echo: RequestListener = (incoming, response) => {
  const { method, url, headers } = incoming;
  response.end(JSON.stringify({ method, url, forwarded: headers["x-forwarded-for"] }));
};

let folder: TempDir;
let listener: HttpListener | undefined;
const warned: string[] = [];

beforeEach(async () => {
  folder = await tempDir("edge");
  warned.length = 0;
});
afterEach(async () => {
  listener?.closeNow();
  await folder[Symbol.asyncDispose]();
});

async function serve(handler: RequestListener): Promise<string> {
  const address = { host: "127.0.0.1", port: 0, portFlag: "--port", headerBytesMax: 16_384 };
  listener = await HttpListener.listen(address);
  listener.serve(handler);
  return `http://127.0.0.1:${listener.port}`;
}

const script = (): string => join(folder.path, "script.cjs");
const executable = (): WskExecutable =>
  new WskExecutable({
    script: script(),
    folder: join(folder.path, "made"),
    node: process.execPath,
  });

type Given = {
  readonly isPublic?: boolean;
  readonly vanityHosts?: readonly string[];
  readonly trusted?: readonly string[];
  readonly executable?: WskExecutable;
};

function edge(given: Given = {}): Promise<string> {
  const proxies = new TrustedProxies(given.trusted ?? []);
  return serve(
    createEdge({
      api: echo,
      isPublic: given.isPublic ?? true,
      vanityHosts: given.vanityHosts ?? [],
      proxies,
      downloads: createDownloads({
        downloads: downloadsFor(MACHINE),
        script: script(),
        executable: given.executable ?? executable(),
        proxies,
        log: (_level, message) => warned.push(message),
      }),
    }),
  );
}

const urlSeen = async (url: string, path: string, host: string): Promise<unknown> => {
  const { json } = await request(url, { path, headers: { host } });
  return (json as { url?: string } | undefined)?.url;
};

describe("what is not the edge's goes on as it came", () => {
  test.for(["/", "/ping", "/api/v1/namespaces/_/actions?limit=1", "/client", "/%63li"])(
    "%s",
    async (path) => {
      for (const given of [{}, { vanityHosts: ["example.org"] }, { isPublic: false }]) {
        expect(await urlSeen(await edge(given), path, "localhost")).toBe(path);
        listener?.closeNow();
      }
    },
  );
});

describe("the paths of the original's edge", () => {
  test.for(["/metrics", "/metrics/", "/metricsfoo", "/metrics?x"])(
    "%s is closed to others",
    async (path) => {
      const answer = await request(await edge(), { path });
      expect(answer.status).toBe(403);
      expect(answer.headers["x-request-id"]).toMatch(/^\w{32}$/);
    },
  );

  test("/metrics stays the API's on its own listener", async () => {
    expect(await urlSeen(await edge({ isPublic: false }), "/metrics", "localhost")).toBe(
      "/metrics",
    );
  });

  test("the Docker skeleton is elsewhere", async () => {
    const answer = await request(await edge(), { path: "/blackbox.tar.gz" });
    expect(answer.status).toBe(301);
    expect(answer.headers.location).toMatch(/^https:\/\/github\.com\/apache\/.*blackbox.*gz$/);
  });
});

describe("names of namespaces", () => {
  test.for([
    ["guest.example.org", "/", "/api/v1/web/guest/public/index.html"],
    ["guest.example.org:1", "/demo/hello?a=b", "/api/v1/web/guest/demo/hello?a=b"],
    ["guest.example.org", "/api/v1/x", "/api/v1/web/guest/api/v1/x"],
    ["example.org", "/api/v1/x", "/api/v1/x"],
  ] as const)("%s %s", async ([host, path, target]) => {
    expect(await urlSeen(await edge({ vanityHosts: ["example.org"] }), path, host)).toBe(target);
  });

  test("the edge's own paths come first", async () => {
    const url = await edge({ vanityHosts: ["example.org"] });
    const headers = { host: "guest.example.org" };
    expect((await request(url, { path: "/metrics", headers })).status).toBe(403);
    expect((await request(url, { path: "/cli/", headers })).status).toBe(200);
  });

  test("a trusted proxy may say the host, others may not", async () => {
    const headers = { host: "inner", "x-forwarded-host": "guest.example.org" };
    const options = { path: "/a/b", headers };
    const given = { vanityHosts: ["example.org"] };
    const trusting = await edge({ ...given, trusted: ["127.0.0.1"] });
    expect((await request(trusting, options)).json).toMatchObject({
      url: "/api/v1/web/guest/a/b",
    });
    listener?.closeNow();
    const wary = await edge({ ...given, trusted: ["192.0.2.1"] });
    expect((await request(wary, options)).json).toMatchObject({ url: "/a/b" });
  });
});

describe("X-Forwarded-For reaches the API", () => {
  const headers = { "x-forwarded-for": "203.0.113.9" };
  test.for([
    [[], "203.0.113.9"],
    [["127.0.0.1"], "203.0.113.9"],
    [["192.0.2.1"], undefined],
  ] as const)("with the list %j: %s", async ([trusted, seen]) => {
    const { json } = await request(await edge({ trusted }), { path: "/api/v1/x", headers });
    expect((json as { forwarded?: string }).forwarded).toBe(seen);
  });
});

test("a redirect keeps method, host, path and query", async () => {
  const url = await serve(redirectToSecure(8443, new TrustedProxies([])));
  const options = { method: "POST", path: "/a%20b?c=d", headers: { host: "example.org:80" } };
  const answer = await request(url, { ...options, body: { x: 1 } });
  expect(answer.status).toBe(308);
  expect(answer.headers.location).toBe("https://example.org:8443/a%20b?c=d");
  expect((await request(url, { headers: { host: "a/b" } })).status).toBe(400);
});

describe("downloads", () => {
  const get = async (path: string, given: Given = {}, method = "GET") =>
    request(await edge(given), { method, path, headers: { host: "example.org:444" } });

  test.for([
    ["/cli/go/download", "http://example.org:444/cli"],
    ["/cli/go/download/", "http://example.org:444/cli/"],
    ["/cli/go/download/mac/amd64/wsk?x=y", "http://example.org:444/cli/mac/amd64/wsk?x=y"],
    ["/cli", "http://example.org:444/cli/"],
    ["/cli/mac", "http://example.org:444/cli/mac/"],
  ] as const)("%s has moved", async ([path, location]) => {
    const { status, headers } = await get(path);
    expect({ status, location: headers.location }).toEqual({ status: 301, location });
  });

  test("moves to what the client of a trusted proxy asked", async () => {
    const url = await edge({ trusted: ["127.0.0.1"] });
    const headers = { "x-forwarded-proto": "https", "x-forwarded-host": "example.org" };
    const answer = await request(url, { path: "/cli", headers });
    expect(answer.headers.location).toBe("https://example.org/cli/");
  });

  test("every path of content.json is there", async () => {
    writeFileSync(script(), "console.log(1)");
    const { json } = await get("/cli/content.json");
    const { cli } = json as { cli: Record<string, Record<string, { path: string }>> };
    const paths = Object.values(cli).flatMap((system) => Object.values(system));
    expect(paths).toHaveLength(5);
    for (const { path } of paths.filter((entry) => entry.path.startsWith("mac"))) {
      listener?.closeNow();
      expect((await get(`/cli/${path}`, {}, "HEAD")).status).toBe(200);
    }
  });

  test.for(["/cli/windows/amd64/wsk.exe", "/cli/linux/386/wsk", "/cli/../etc/passwd", "/cli/x/"])(
    "%s: 404 that says what to do",
    async (path) => {
      const { status, text } = await get(path);
      expect(status).toBe(404);
      expect(text).toContain("/cli/go/download/mac/amd64/wsk");
      expect(text).toContain("https://github.com/apache/openwhisk-cli/releases");
    },
  );

  test("other methods are refused", async () => {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      expect((await get("/cli/", {}, method)).status).toBe(405);
      listener?.closeNow();
    }
  });

  test("a server that was not built says so", async () => {
    for (const path of ["/cli/mac/amd64/wsk", "/cli/linux/amd64/wsk"]) {
      const { status, text } = await get(path);
      expect({ status, text }).toMatchObject({ status: 503 });
      expect(text).toContain("npm run build");
      listener?.closeNow();
    }
    expect(warned).toHaveLength(2);
  });

  test("the script and its zip hold the same", async () => {
    await writeFile(script(), "#!/usr/bin/env node\nconsole.log(6 * 7);\n");
    const { text, headers } = await get("/cli/mac/amd64/wsk");
    expect(text).toBe(await readFile(script(), "utf8"));
    expect(headers["content-length"]).toBe(String(text.length));
    listener?.closeNow();
    const bytes = await fetch(`${await edge()}/cli/mac/arm64/OpenWhisk_CLI-latest-mac-arm64.zip`);
    const archive = join(folder.path, "wsk.zip");
    await writeFile(archive, Buffer.from(await bytes.arrayBuffer()));
    const unpacked = await runProgram("unzip", ["-q", archive, "-d", folder.path]);
    expect(unpacked).toMatchObject({ code: 0 });
    expect(await readFile(join(folder.path, "wsk"), "utf8")).toBe(text);
    expect(statSync(join(folder.path, "wsk")).mode & 0o777).toBe(0o755);
  });

  test("a HEAD has the length and no body", async () => {
    await writeFile(script(), "12345");
    const { text, headers } = await get("/cli/mac/amd64/wsk", {}, "HEAD");
    expect({ text, length: headers["content-length"] }).toEqual({ text: "", length: "5" });
  });
});

describe("the executable", () => {
  const made = (): string[] => readdirSync(join(folder.path, "made")).sort();

  // Two executables of some hundred megabytes are made, packed and hashed.
  test("runs its script, is made once, and goes when there is another", {
    timeout: 240_000,
  }, async () => {
    await writeFile(script(), 'console.log("one", process.argv.slice(2).join());');
    await mkdir(join(folder.path, "made"));
    await mkdir(join(folder.path, "made", "building-by-one-that-was-killed"));
    const wsk = executable();
    const [first, again] = await Promise.all([wsk.path(), wsk.path()]);
    expect(again).toBe(first);
    const { mtimeMs } = statSync(first);
    expect(await executable().path()).toBe(first);
    expect(statSync(first).mtimeMs).toBe(mtimeMs);
    expect(made()).toHaveLength(1);
    const ran = await runProgram("env", ["-i", first, "-i", "--version", "x"]);
    expect(ran).toEqual({ code: 0, stdout: "one -i,--version,x\n", stderr: "" });

    const archive = await wsk.archive();
    expect(made()).toHaveLength(2);
    const hash = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
    const untar = ["-xzf", archive, "-C", folder.path];
    expect(await runProgram("tar", untar)).toEqual({ code: 0, stdout: "", stderr: "" });
    const unpacked = join(folder.path, "wsk");
    expect(hash(await readFile(unpacked))).toBe(hash(await readFile(first)));
    expect(statSync(unpacked).mode & 0o777).toBe(0o755);

    await writeFile(script(), 'console.log("two");');
    const second = await wsk.path();
    expect((await runProgram(second, [])).stdout).toBe("two\n");
    expect(made()).toEqual([basename(second)]);
  });

  test("a Node.js that cannot make it leaves nothing behind", async () => {
    await writeFile(script(), "console.log(1)");
    const options = { script: script(), folder: join(folder.path, "made"), node: "/bin/false" };
    const broken = new WskExecutable(options);
    const url = await edge({ executable: broken });
    const { status, text } = await request(url, { path: "/cli/linux/amd64/wsk" });
    expect({ status, text }).toMatchObject({ status: 503 });
    expect(text).toContain("see the server's log");
    expect(made()).toEqual([]);
  });
});

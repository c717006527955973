/** Programs of others before and behind the gateway; what is missing is skipped by name. */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { generate } from "selfsigned";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ProxyListener, startProxyListener } from "../../../src/gateway/listener.ts";
import { startGateway, startUpstream, type TestGateway } from "../../helpers/gateway.ts";
import { cleanEnv, runProgram } from "../../helpers/program.ts";
import { tempDir } from "../../helpers/temp-dir.ts";
import { waitFor } from "../../helpers/wait-for.ts";

const NAME = "gateway.test";

let gateway: TestGateway;
let secure: ProxyListener;

beforeAll(async () => {
  gateway = await startGateway();
  const pair = await generate([{ name: "commonName", value: NAME }], {
    algorithm: "sha256",
    extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: NAME }] }],
  });
  await gateway.put("/ssls/1", { cert: pair.cert, key: pair.private, sni: NAME });
  const address = { host: "127.0.0.1", port: 0, tls: true };
  secure = await startProxyListener({ gateway: gateway.gateway, ...address });
});

afterAll(async () => {
  await secure.close();
  await gateway[Symbol.asyncDispose]();
});

const has = (program: string, flag: string): boolean =>
  spawnSync(program, [flag]).error === undefined;

/** nginx cannot be told to take a free port. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

type Nginx = AsyncDisposable & { readonly upstream: { readonly nodes: Record<string, number> } };

const SERVER = `
  gzip on; gzip_vary on; gzip_min_length 10; gzip_types text/plain;
  location /moved { return 301 /elsewhere; }
  location /refused { return 403; }
  location /empty { return 204; }
  location /close { keepalive_timeout 0; return 200 "closed"; }
  location /lines { return 200 "host=$http_host real=$http_x_real_ip via=$http_x_forwarded_for"; }
  location / { root files; }
`;

async function startNginx(files: Readonly<Record<string, Buffer>>): Promise<Nginx> {
  const folder = await tempDir("nginx");
  await mkdir(join(folder.path, "files"));
  for (const [name, bytes] of Object.entries(files)) {
    await writeFile(join(folder.path, "files", name), bytes);
  }
  const port = await freePort();
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder.path}/${name};`)
    .join(" ");
  const conf = `daemon off; master_process off; pid ${folder.path}/pid; error_log stderr warn;
    events { worker_connections 64; }
    http { ${paths} access_log off; server { listen 127.0.0.1:${port}; ${SERVER} } }`;
  const file = join(folder.path, "nginx.conf");
  await writeFile(file, conf);
  const start = () =>
    spawn("nginx", ["-p", folder.path, "-e", "stderr", "-c", file], {
      env: cleanEnv(),
      stdio: "ignore",
    });
  let child = start();
  await waitFor("nginx", async () => {
    // The port was free a moment ago; somebody may have it for another moment.
    if (child.exitCode !== null) child = start();
    return (await fetch(`http://127.0.0.1:${port}/empty`)).status === 204;
  });
  return {
    upstream: { nodes: { [`127.0.0.1:${port}`]: 1 } },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      await folder[Symbol.asyncDispose]();
    },
  };
}

describe.skipIf(!has("nginx", "-v"))("nginx behind the gateway (package nginx-light)", () => {
  const large = Buffer.alloc(5 * 1024 * 1024, "meringue ");
  let nginx: Nginx;
  beforeAll(async () => {
    nginx = await startNginx({ "large.bin": large, "text.txt": Buffer.from("text ".repeat(100)) });
    await gateway.put("/routes/nginx", { uri: "/*", upstream: nginx.upstream });
  });
  afterAll(() => nginx[Symbol.asyncDispose]());

  const ask = (path: string, headers: Record<string, string> = {}, method = "GET") =>
    gateway.send(path, { method, headers });

  test("a file of 5 MiB, byte for byte, its ranges and validators", async () => {
    const whole = await ask("/large.bin");
    const digest = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
    expect(digest(whole.bytes)).toBe(digest(large));
    const part = await ask("/large.bin", { range: "bytes=9-17" });
    expect([part.status, part.text]).toEqual([206, "meringue "]);
    const known = await ask("/large.bin", { "if-none-match": String(whole.headers.etag) });
    expect([known.status, known.text]).toEqual([304, ""]);
    const head = await ask("/large.bin", {}, "HEAD");
    expect([head.headers["content-length"], head.text]).toEqual([String(large.length), ""]);
    expect((await ask("/large.bin", { range: "bytes=99999999-" })).status).toBe(416);
  });

  test("chunked and compressed answers", async () => {
    const answer = await ask("/text.txt", { "accept-encoding": "gzip" });
    expect(answer.headers).toMatchObject({ "content-encoding": "gzip", vary: "Accept-Encoding" });
    expect(answer.headers["content-length"]).toBeUndefined();
  });

  test.each([
    ["/moved", 301, { location: /\/elsewhere$/ }],
    ["/refused", 403, {}],
    ["/empty", 204, {}],
    ["/none", 404, {}],
    ["/close", 200, {}],
  ])("%s is %i", async (path, status, headers) => {
    const answer = await ask(path);
    expect(answer.status).toBe(status);
    for (const [name, value] of Object.entries(headers))
      expect(answer.headers[name]).toMatch(value);
    expect(answer.lines["server"]?.[0]).toMatch(/^APISIX/);
  });

  test("it is told who asks", async () => {
    const { text } = await ask("/lines", { host: "example.com", "x-forwarded-for": "10.0.0.1" });
    expect(text).toBe("host=example.com real=127.0.0.1 via=10.0.0.1, 127.0.0.1");
  });

  test("its limits are its own: 413 and 405 come through", async () => {
    const body = Buffer.alloc(3 * 1024 * 1024);
    const answer = await gateway.send("/text.txt", { method: "POST", body });
    expect([405, 413, 502]).toContain(answer.status);
    expect((await ask("/text.txt")).status).toBe(200);
  });
});

describe("clients before the gateway", () => {
  let upstream: Awaited<ReturnType<typeof startUpstream>>;
  beforeAll(async () => {
    upstream = await startUpstream((received, response) => {
      response.end(`${received.method} ${received.url} ${received.body.length}`);
    });
    await gateway.put("/routes/client", { uri: "/client/*", upstream: upstream.upstream });
  });
  afterAll(() => upstream[Symbol.asyncDispose]());

  const hasCurl = has("curl", "--version");
  const curl = (...args: readonly string[]) =>
    runProgram("curl", ["-sS", "--noproxy", "*", ...args]);
  const secureArgs = (): string[] => ["-k", "--resolve", `${NAME}:${secure.port}:127.0.0.1`];

  test.skipIf(!hasCurl)("curl over HTTP/2", async () => {
    const url = `https://${NAME}:${secure.port}/client/a?x=1`;
    const format = ["-w", " %{http_version} %{http_code}"];
    const { stdout } = await curl("--http2", ...secureArgs(), ...format, url);
    expect(stdout).toBe("GET /client/a?x=1 0 2 200");
    const posted = await curl(
      "--http2",
      ...secureArgs(),
      ...format,
      "-d",
      "x".repeat(100_000),
      url,
    );
    expect(posted.stdout).toBe("POST /client/a?x=1 100000 2 200");
  });

  test.skipIf(!hasCurl)("curl that asks for h2c, expects 100, and speaks HTTP/1.0", async () => {
    const url = `${gateway.url}/client/b`;
    const posted = await curl("--http2", "-d", "abc", url);
    expect(posted.stdout).toBe("POST /client/b 3");
    const expecting = await curl("-H", "Expect: 100-continue", "-d", "abc", url);
    expect(expecting.stdout).toBe("POST /client/b 3");
    const old = await curl("--http1.0", "-w", " %{http_code}", url);
    expect(old.stdout).toBe("GET /client/b 0 200");
    const raw = await curl("-H", "Transfer-Encoding: chunked", "-d", "abc", url);
    expect(raw.stdout).toBe("POST /client/b 3");
  });

  test.skipIf(!hasCurl)("curl that expects 100 and is refused sends nothing", async () => {
    await gateway.put("/routes/k", { uri: "/key", plugins: { "key-auth": {} } });
    const args = ["-H", "Expect: 100-continue", "-d", "abc", "-w", " %{http_code} %{size_upload}"];
    const refused = await curl(...args, `${gateway.url}/key`);
    expect(refused.stdout).toMatch(/Missing API key.* 401 0$/s);
    expect((await curl(...args, `${gateway.url}/client/b`)).stdout).toMatch(/ 200 3$/);
  });

  test.skipIf(!has("nghttp", "--version"))(
    "nghttp, many streams at once (nghttp2-client)",
    async () => {
      const url = `https://127.0.0.1:${secure.port}/client/c`;
      const headers = ["-H", `:authority: ${NAME}`, "-H", `host: ${NAME}`];
      const { stdout } = await runProgram("nghttp", [
        "-sny",
        "-m",
        "50",
        "--no-verify-peer",
        ...headers,
        url,
      ]);
      expect(stdout.match(/ 200 /g) ?? []).toHaveLength(50);
    },
  );

  test.skipIf(!has("h2load", "--version"))(
    "h2load, two thousand requests (nghttp2-client)",
    async () => {
      const { stdout } = await runProgram("h2load", [
        ...["-n", "2000", "-c", "8", "-m", "32", "--connect-to", `127.0.0.1:${secure.port}`],
        `https://${NAME}/client/d`,
      ]);
      expect(stdout).toContain("2000 succeeded, 0 failed, 0 errored, 0 timeout");
      expect(stdout).toContain("status codes: 2000 2xx");
    },
  );
});

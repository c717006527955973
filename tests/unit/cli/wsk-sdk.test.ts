// `wsk sdk install`: files in the working folder (wsk-cli 12). The client runs as a process here.
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { create } from "tar";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runProgram } from "../../helpers/program.ts";
import { USAGE } from "./session.ts";

const CLIENT = join(import.meta.dirname, "../../../src/cli/wsk.ts");
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "meringue-sdk-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Serves `files` by their path, anything else is missing; gives what was asked for. */
async function serve(files: Readonly<Record<string, Buffer>>) {
  const asked: { readonly url: string; readonly auth: string | undefined }[] = [];
  const server = createServer(({ url = "", headers }, response) => {
    asked.push({ url, auth: headers.authorization });
    const file = files[url];
    response.writeHead(file === undefined ? 404 : 200).end(file ?? "<html>none</html>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  };
  return { host: `http://127.0.0.1:${port}`, asked, [Symbol.asyncDispose]: close };
}

const wsk = (...args: readonly string[]) =>
  runProgram(process.execPath, [CLIENT, ...args], { cwd: folder, env: { HOME: folder } });

async function skeleton(): Promise<Buffer> {
  const source = mkdtempSync(join(tmpdir(), "meringue-skeleton-"));
  mkdirSync(join(source, "dockerSkeleton"));
  const archive = create({ cwd: source, gzip: true, sync: true }, ["dockerSkeleton"]).read();
  rmSync(source, { recursive: true });
  return archive ?? Buffer.alloc(0);
}

test("docker: the skeleton is unpacked, and fetched without a key", async () => {
  await using server = await serve({ "/blackbox.tar.gz": await skeleton() });
  const install = () => wsk("sdk", "install", "Docker", "--apihost", server.host, "-u", "a:b");
  expect(await install()).toEqual({
    code: 0,
    stdout: "The docker skeleton is now installed at the current directory.\n",
    stderr: "",
  });
  expect(readdirSync(folder)).toEqual(["dockerSkeleton"]);
  expect(server.asked).toEqual([{ url: "/blackbox.tar.gz", auth: undefined }]);
  expect(await install()).toEqual({
    code: 1,
    stdout: "",
    stderr:
      "error: The docker SDK installation failed: The directory 'dockerSkeleton' already exists.  Delete it and retry.\n",
  });
});

test.for<[string, Buffer | undefined, number, string]>([
  [
    "missing",
    undefined,
    148,
    "Unable to retrieve 'blackbox.tar.gz' SDK: The connection failed, or timed out. (HTTP status code 404)",
  ],
  [
    "no gzip",
    Buffer.from("x"),
    1,
    "Error unGzipping file 'blackbox.tar.gz': Unable to unzip file 'blackbox.tar.gz': gzip: invalid header",
  ],
  ["no tar", gzipSync("x".repeat(2000)), 1, "Error untarring file 'temp.tar': "],
])("docker: a skeleton that is %s leaves nothing", async ([, file, code, text]) => {
  await using server = await serve(file === undefined ? {} : { "/blackbox.tar.gz": file });
  const ran = await wsk("sdk", "install", "docker", "--apihost", server.host);
  expect([ran.code, ran.stdout]).toEqual([code, ""]);
  expect(ran.stderr).toContain(`error: The docker SDK installation failed: ${text}`);
  expect(readdirSync(folder)).toEqual([]);
});

test("docker: an archive cannot write out of the folder", async () => {
  const outside = `${folder}-outside`;
  const source = mkdtempSync(join(tmpdir(), "meringue-evil-"));
  mkdirSync(join(source, "x"));
  const archive = create(
    { cwd: source, gzip: true, sync: true, prefix: `../${outside.split("/").at(-1)}` },
    ["x"],
  ).read();
  rmSync(source, { recursive: true });
  await using server = await serve({ "/blackbox.tar.gz": archive ?? Buffer.alloc(0) });
  const ran = await wsk("sdk", "install", "docker", "--apihost", server.host);
  expect(ran.code).toBe(1);
  expect(existsSync(outside)).toBe(false);
});

test("ios: the app is saved byte for byte, once", async () => {
  const app = Buffer.from([0x50, 0x4b, 0xff, 0xfe, 0x00, 0x80]);
  await using server = await serve({ "/OpenWhiskIOSStarterApp.zip": app });
  const install = () => wsk("sdk", "install", "ios", "--apihost", server.host);
  expect(await install()).toEqual({
    code: 0,
    stdout:
      "Downloaded OpenWhisk iOS starter app. Unzip 'OpenWhiskIOSStarterApp.zip' and open the project in Xcode.\n",
    stderr: "",
  });
  expect(readFileSync(join(folder, "OpenWhiskIOSStarterApp.zip"))).toEqual(app);
  expect(await install()).toMatchObject({
    code: 1,
    stderr:
      "error: The ios SDK installation failed: The file 'OpenWhiskIOSStarterApp.zip' already exists.  Delete it and retry.\n",
  });
});

test("bashauto needs no host; what it writes is what it prints", async () => {
  const written = await wsk("sdk", "install", "bashauto");
  expect(written).toEqual({
    code: 0,
    stdout:
      "The bash auto-completion script (wsk_cli_bash_completion.sh) is installed in the current directory.\n" +
      "To enable command line completion of wsk commands, source the auto completion script into your bash environment\n",
    stderr: "",
  });
  const script = readFileSync(join(folder, "wsk_cli_bash_completion.sh"), "utf8");
  const printed = await wsk("sdk", "install", "bashauto", "--stdout");
  expect(printed).toEqual({ code: 0, stdout: script, stderr: "" });
  expect(script).toContain("complete -F _wsk_complete wsk\n");
});

test.for([
  [
    [],
    "The SDK component argument is missing. One component (docker, ios, or bashauto) must be specified",
  ],
  [
    ["docker", "ios"],
    "The SDK component argument is missing. One component (docker, ios, or bashauto) must be specified",
  ],
  [
    ["swift"],
    "The SDK component argument 'swift' is invalid. Valid components are docker, ios and bashauto",
  ],
] as const)("%j is refused", async ([args, text]) => {
  expect(await wsk("sdk", "install", ...args, "--apihost", "h")).toEqual({
    code: 1,
    stdout: "",
    stderr: `error: ${text}\n${USAGE}`,
  });
});

import { existsSync } from "node:fs";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { askServer, SOCKET_NAME, serveAdmin } from "../../../src/admin/channel.ts";
import type { AdminCommand } from "../../../src/admin/commands.ts";
import { done } from "../../../src/admin/result.ts";
import { tempDir } from "../../helpers/temp-dir.ts";

const COMMAND: AdminCommand = { verb: "user.whois", authkey: "a:b" };

/** Sends a text as it is; resolves with all that comes back. */
function sendRaw(path: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(path, () => socket.end(text));
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      answer += chunk;
    });
    socket.on("close", () => resolve(answer)).on("error", reject);
  });
}

test("a command is answered through a socket that only its owner may open", async () => {
  await using folder = await tempDir("channel");
  expect(await askServer(folder.path, COMMAND)).toBeUndefined();
  const asked: AdminCommand[] = [];
  const channel = await serveAdmin(folder.path, async (command) => {
    asked.push(command);
    return done("yes");
  });
  const path = join(folder.path, SOCKET_NAME);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await askServer(folder.path, COMMAND)).toEqual({ code: 0, out: "yes\n", err: "" });
  expect(asked).toEqual([COMMAND]);
  await channel.close();
  expect(existsSync(path)).toBe(false);
  expect(await askServer(folder.path, COMMAND)).toBeUndefined();
});

test("a folder too deep for a socket has a link to one", async () => {
  await using folder = await tempDir("channel");
  const deep = join(folder.path, "d".repeat(100), "e".repeat(100));
  await mkdir(deep, { recursive: true });
  const channel = await serveAdmin(deep, async () => done("deep"));
  expect(await askServer(deep, COMMAND)).toMatchObject({ out: "deep\n" });
  await channel.close();
  expect(existsSync(join(deep, SOCKET_NAME))).toBe(false);
});

test("commands run one after the other; a failure is told and ends nothing", async () => {
  await using folder = await tempDir("channel");
  const order: string[] = [];
  const first = Promise.withResolvers<void>();
  let calls = 0;
  const channel = await serveAdmin(folder.path, async () => {
    calls += 1;
    const mine = calls;
    order.push(`begin ${mine}`);
    if (mine === 1) await first.promise;
    order.push(`end ${mine}`);
    if (mine === 2) throw new Error("the disk is gone");
    return done();
  });
  const answers = [1, 2, 3].map(() => askServer(folder.path, COMMAND));
  first.resolve();
  const results = await Promise.all(answers);
  expect(results.filter((one) => one?.err === "the disk is gone\n")).toHaveLength(1);
  expect(order).toEqual(["begin 1", "end 1", "begin 2", "end 2", "begin 3", "end 3"]);
  await channel.close();
});

test("what is no command is refused; too much of it is cut off; who says nothing is not waited for", async () => {
  await using folder = await tempDir("channel");
  const channel = await serveAdmin(folder.path, async () => done("never"));
  const path = join(folder.path, SOCKET_NAME);
  expect(JSON.parse(await sendRaw(path, '{"verb":"user.shred"}'))).toMatchObject({ code: 2 });
  const flood = await sendRaw(path, "x".repeat(1024 * 1024)).catch(() => "");
  expect(flood).toBe("");
  const silent = connect(path);
  await new Promise((resolve) => silent.once("connect", resolve));
  silent.on("error", () => undefined);
  await channel.close();
  silent.destroy();
});

test("the socket of a killed server is replaced; one that nobody serves counts as none", async () => {
  await using folder = await tempDir("channel");
  const path = join(folder.path, SOCKET_NAME);
  await writeFile(path, "");
  expect(await askServer(folder.path, COMMAND)).toBeUndefined();
  const channel = await serveAdmin(folder.path, async () => done("new"));
  expect(await askServer(folder.path, COMMAND)).toMatchObject({ out: "new\n" });
  await channel.close();
});

test("a server that ends without an answer is an error, not a missing server", async () => {
  await using folder = await tempDir("channel");
  const server = createServer((socket) => socket.resume().end());
  await new Promise<void>((resolve) => {
    server.listen(join(folder.path, SOCKET_NAME), resolve);
  });
  await expect(askServer(folder.path, COMMAND)).rejects.toThrow("gave no answer");
  server.close();
});

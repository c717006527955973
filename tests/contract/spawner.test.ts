import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { afterEach, describe, expect, test } from "vitest";
import { RUNTIMES_FOLDER } from "../../src/container/languages.ts";

type Message = { readonly t: string; readonly id?: number; readonly error?: string };

const SCRIPT = join(RUNTIMES_FOLDER, "spawner", "spawner.cjs");
let child: ChildProcess | undefined;

afterEach(async () => {
  if (child === undefined) return;
  const exited = once(child, "exit");
  (child.stdio[3] as Duplex).destroy();
  await exited;
});

/** A spawner of its own, spoken to as the platform does. */
async function setUp() {
  const folder = mkdtempSync(join(tmpdir(), "spawner-test-"));
  const path = join(folder, "s");
  const leftovers = JSON.stringify({ cgroupHomes: [], folders: [folder] });
  child = spawn(process.execPath, [SCRIPT, path, leftovers], {
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  const control = child.stdio[3] as Duplex;
  let told = "";
  control.setEncoding("utf8").on("data", (text: string) => {
    told += text;
  });
  const messages = (): Message[] =>
    told
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Message);
  await expect.poll(() => messages().map(({ t }) => t)).toEqual(["listening"]);
  return {
    tell: (message: Message) => control.write(`${JSON.stringify(message)}\n`),
    order(id: number): void {
      const order = { id, command: "/bin/true", args: [], env: {}, cwd: "/", cgroups: [] };
      const socket = connect(path);
      socket.on("error", () => undefined).resume();
      socket.write(`${JSON.stringify({ ...order, residentBytesMax: 0 })}\n`);
    },
    /** Types of the messages about one container. */
    about: (id: number) => messages().flatMap((each) => (each.id === id ? [each.t] : [])),
  };
}

describe("the spawner", () => {
  test("does not start what was killed before its order came", async () => {
    const { tell, order, about } = await setUp();
    tell({ t: "kill", id: 7 });
    tell({ t: "drain", id: 1 });
    await expect.poll(() => about(1)).toEqual(["drained"]);
    order(7);
    await expect.poll(() => about(7)).toEqual(["failed"]);
  });

  test("keeps nothing of a container that it is told to forget", async () => {
    const { tell, order, about } = await setUp();
    tell({ t: "kill", id: 7 });
    tell({ t: "forget", id: 7 });
    tell({ t: "drain", id: 1 });
    await expect.poll(() => about(1)).toEqual(["drained"]);
    order(7);
    await expect.poll(() => about(7)).toEqual(["started", "confined", "exit"]);
  });
});

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openMemoryConfigStore } from "../../src/gateway/store/memory.ts";
import { configStoreContract } from "./config-store.contract.ts";
import { sqlitePlace } from "./store-fixture.ts";

configStoreContract("memory", false, async () => {
  const clock = { now: Date.now() };
  const store = await openMemoryConfigStore(() => clock.now);
  return { store, clock, dispose: async () => store.stop() };
});

configStoreContract("sqlite", true, async () => {
  const clock = { now: Date.now() };
  const place = await sqlitePlace();
  const first = await place.open({ clock: () => clock.now });
  return {
    clock,
    store: await first.openConfig(),
    reopen: async () => {
      await first.stop();
      return (await place.open({ clock: () => clock.now })).openConfig();
    },
    dispose: () => place.dispose(),
  };
});

test("kill -9 in the middle of writes loses nothing that was promised", async () => {
  const place = await sqlitePlace();
  try {
    const script = fileURLToPath(new URL("./config-store-killed.child.ts", import.meta.url));
    const child: ChildProcess = spawn(process.execPath, [script, place.folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (child.stdout === null) throw new Error("no stdout");
    const promised: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      promised.push(line);
      if (promised.length === 200) child.kill("SIGKILL");
    }
    const store = await (await place.open()).openConfig();
    const listed = new Map((await store.list("/routes")).map((entry) => [entry.key, entry]));
    for (const line of promised) {
      const [key = "", index] = line.split(" ");
      expect(listed.get(key)?.modifiedIndex, line).toBe(Number(index));
    }
  } finally {
    await place.dispose();
  }
});

test("a store without a gateway has no file for it", async () => {
  const place = await sqlitePlace();
  try {
    const { existsSync } = await import("node:fs");
    const store = await place.open();
    expect(existsSync(`${place.folder}/gateway.db`)).toBe(false);
    await store.openConfig();
    expect(existsSync(`${place.folder}/gateway.db`)).toBe(true);
  } finally {
    await place.dispose();
  }
});

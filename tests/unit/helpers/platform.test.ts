import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type PlatformOptions, startPlatform } from "../../helpers/platform.ts";
import { tempDir } from "../../helpers/temp-dir.ts";

/** Runs `body` (sh) in place of the platform. */
async function withProgram(body: string, options: PlatformOptions = {}): Promise<unknown> {
  await using folder = await tempDir("fake");
  const program = join(folder.path, "fake");
  await writeFile(program, `#!/bin/sh\n${body}\n`);
  await chmod(program, 0o755);
  try {
    await using platform = await startPlatform({ ...options, program });
    return {
      url: platform.url,
      logs: platform.logs(),
      roles: platform.listeners.map((l) => l.role),
    };
  } catch (error) {
    return error instanceof Error ? error.message : error;
  }
}

const says = (role: string, port: number): string =>
  `echo '{"event":"listen","role":"${role}","host":"127.0.0.1","port":${port}}' >&3`;

test("takes the controller's address from the line on fd 3", async () => {
  const seen = await withProgram(
    `echo starting >&2; ${says("metrics", 2)}; ${says("controller", 1)}; exec sleep 60`,
  );
  expect(seen).toMatchObject({ url: "http://127.0.0.1:1", roles: ["metrics", "controller"] });
});

test("tells the exit code and the log of a program that ends before it listens", async () => {
  const seen = await withProgram("echo 'the port is taken' >&2; exit 3");
  expect(seen).toMatch(/exited \(code 3\) before it listened[\s\S]*the port is taken/);
});

test("gives up on a program that never listens, and ends it", async () => {
  const seen = await withProgram("echo 'still thinking' >&2; exec sleep 60", { readyMs: 2_000 });
  expect(seen).toMatch(/did not listen within 2000 ms[\s\S]*still thinking/);
});

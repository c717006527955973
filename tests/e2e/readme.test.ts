/** The README's first minute, as its reader follows it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root, startPlatform } from "../helpers/platform.ts";
import { runProgram } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const SECTION = /^## 60 seconds$([\s\S]*?)^## /mu;
const STEP = /^```sh\n([\s\S]*?)^```\n\n```text\n([\s\S]*?)^```$/gmu;
const TIME = /\d{4}-\d{2}-\d{2}T[\d:.]+Z/gu;
const END = "---- end of a step ----";
/** A record can be read a moment after its result. */
const ASK_AGAIN = `wsk() {
  until command wsk "$@"; do [ "$1" = activation ] || return 1; done
}`;

test("60 seconds", async () => {
  await using platform = await startPlatform({ gateway: true });
  await using home = await tempDir();
  const real = (role: string): string =>
    `127.0.0.1:${platform.listeners.find((one) => one.role === role)?.port}`;
  const places = [
    ["127.0.0.1:3233", real("controller")],
    ["127.0.0.1:9180", real("gateway-admin")],
    ["127.0.0.1:9080", real("gateway")],
  ] as const;
  const section = SECTION.exec(readFileSync(join(root, "README.md"), "utf8"))?.[1] ?? "";
  const steps = [...section.matchAll(STEP)].map(([, commands = "", output = ""]) => ({
    commands: places.reduce((text, [shown, there]) => text.replaceAll(shown, there), commands),
    output,
  }));
  const script = [ASK_AGAIN, ...steps.map(({ commands }) => `${commands}\necho '${END}'`)];
  const { stdout } = await runProgram("bash", ["-e", "-c", script.join("\n")], {
    cwd: root,
    env: { HOME: home.path, TMPDIR: home.path },
  });
  const printed = places.reduce((text, [shown, there]) => text.replaceAll(there, shown), stdout);
  const plain = (text: string): string => text.replaceAll(TIME, "TIME").trim();
  expect(printed.split(END).slice(0, -1).map(plain)).toEqual(
    steps.map(({ output }) => plain(output)),
  );
  expect(steps).toHaveLength(3);
});

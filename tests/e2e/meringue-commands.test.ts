import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { meringueBin } from "../helpers/platform.ts";
import { runProgram } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const HELP_MAX_MS = 150;

describe("meringue", () => {
  test("--help starts fast", async () => {
    const times: number[] = [];
    const bare: number[] = [];
    for (let run = 0; run < 7; run++) {
      const before = performance.now();
      await runProgram(process.execPath, ["--eval", "0"]);
      const start = performance.now();
      const { code, stdout } = await runProgram(meringueBin, ["--help"]);
      times.push(performance.now() - start);
      bare.push(start - before);
      expect(code).toBe(0);
      expect(stdout).toContain("standalone");
    }
    // The best of some: others use this machine's cores as well. Where even Node.js alone is slow
    // to start, it is the machine.
    const longest = Math.max(HELP_MAX_MS, 3 * Math.min(...bare));
    expect(Math.min(...times)).toBeLessThan(longest);
  });

  test("wrong settings: a line each, exit code 2, also from standalone", async () => {
    await using folder = await tempDir("config");
    const file = join(folder.path, "meringue.yaml");
    await writeFile(file, "api: {prot: 1}\nlimits: stock\n");
    for (const command of [["config", "check"], ["standalone"]]) {
      const { code, stdout, stderr } = await runProgram(
        meringueBin,
        [...command, "-c", file, "--port", "70000"],
        { env: { MERINGUE_NETWORK: "lan" } },
      );
      expect(code).toBe(2);
      expect(stdout).toBe("");
      expect(stderr.trimEnd().split("\n")).toEqual([
        "meringue: 4 problems in the configuration",
        `  ${file}: api.prot is unknown, did you mean "api.port"?`,
        `  limits (${file}): "stock" is not one of open, original`,
        '  network (environment MERINGUE_NETWORK): "lan" is not one of host, none',
        "  api.port (flag --port): 70000 is more than 65535",
      ]);
    }
  });

  test("config print shows what holds, and where it is from", async () => {
    const { code, stdout } = await runProgram(meringueBin, ["config", "print", "-p", "8080"], {
      env: { MERINGUE_LIMITS: "original" },
    });
    expect(code).toBe(0);
    expect(stdout).toContain("  port: 8080 # flag\n");
    expect(stdout).toContain("limits: original # environment\n");
    expect(stdout).not.toContain(
      "123zO3xZCLrMN6v2BKK1dXYFpXlPkccOFqm12CdAsMgRU4VrNZ9lyGVCGuMDGIwP",
    );
  });

  test("runtime list shows the interpreter that runs the platform", async () => {
    await using folder = await tempDir("runtimes");
    const args = ["runtime", "list", "-d", join(folder.path, "data")];
    const { code, stdout, stderr } = await runProgram(meringueBin, args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(new RegExp(`^nodejs:\\d+ +${process.versions.node} +/`, "m"));
  });
});

/** Below the sandbox nobody else may reach the server; the level is known only after the probe. */
import { expect, test } from "vitest";
import { meringueBin } from "../helpers/platform.ts";
import { runProgram } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const HIDE_BWRAP = 'mount --bind /dev/null /usr/bin/bwrap && exec "$@"';

test.skipIf(process.getuid?.() !== 0)(
  "without bwrap it refuses to be reached from outside (needs root: hides bwrap by a mount)",
  async () => {
    await using folder = await tempDir("exposure");
    const { code, stdout, stderr } = await runProgram("unshare", [
      ...["--mount", "sh", "-c", HIDE_BWRAP, "sh"],
      ...[meringueBin, "standalone", "--host", "0.0.0.0", "--port", "0"],
      ...["--data-dir", folder.path],
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/meringue: isolation "(unshare|none)" does not keep .*0\.0\.0\.0/);
    expect(stdout).toBe("");
  },
);

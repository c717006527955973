import { stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { prepareDataFolder } from "../../../src/lib/data-folder.ts";
import { tempDir } from "../../helpers/temp-dir.ts";

test("makes what is missing, closed to others", async () => {
  await using folder = await tempDir("data-folder");
  const path = join(folder.path, "a", "b", "data");
  await prepareDataFolder(path);
  expect((await stat(path)).mode & 0o777).toBe(0o700);
});

test("a place where nothing can be made is refused at once", async () => {
  await expect(prepareDataFolder("/proc/nope/data")).rejects.toThrow(
    /^data folder \/proc\/nope\/data cannot be made: /,
  );
});

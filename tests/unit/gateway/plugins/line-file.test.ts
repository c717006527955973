import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LineFile } from "../../../../src/gateway/plugins/lib/line-file.ts";
import { tempDir } from "../../../helpers/temp-dir.ts";

test("lines are written in order, all of them before it is closed", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "lines");
  const file = new LineFile({ path, log: () => undefined });
  const lines = Array.from({ length: 500 }, (_, at) => `line ${at}`);
  for (const line of lines) {
    file.add(line);
    if (line.endsWith("00")) await Promise.resolve();
  }
  await file.close();
  expect((await readFile(path, "utf8")).split("\n")).toEqual([...lines, ""]);
});

test("what waits is bounded; later lines are written again", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "lines");
  const told: string[] = [];
  const log = (_level: string, message: string): void => void told.push(message);
  const file = new LineFile({ path, log, waitingBytesMax: 10 });
  for (const line of ["1234", "5678", "9", "0"]) file.add(line);
  await file.close();
  file.add("abc");
  await file.close();
  expect(await readFile(path, "utf8")).toBe("1234\n5678\nabc\n");
  expect(told).toEqual(["a log file is too slow: lines are dropped"]);
});

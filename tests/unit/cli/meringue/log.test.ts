import { expect, test } from "vitest";
import { createLogger } from "../../../../src/lib/log.ts";

function collect(level: "debug" | "info", readable: boolean) {
  const lines: string[] = [];
  const logger = createLogger({ level, readable, write: (line) => lines.push(line) });
  return { logger, lines };
}

test("one JSON object per line: time, level, fields of the child, message", () => {
  const { logger, lines } = collect("info", false);
  logger.child({ role: "controller" }).info("started", { port: 1 });
  logger.debug("not at this level");
  expect(lines).toHaveLength(1);
  const [line = ""] = lines;
  expect(line.endsWith("\n")).toBe(true);
  const record = JSON.parse(line) as Record<string, unknown>;
  expect(record).toEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    level: "info",
    role: "controller",
    port: 1,
    msg: "started",
  });
});

test("an error is written with its chain of causes", () => {
  const { logger, lines } = collect("info", false);
  logger.error("failed", { err: new Error("outer", { cause: new Error("inner") }) });
  const { err } = JSON.parse(lines[0] ?? "") as { err: { message: string; stack: string } };
  expect(err.message).toBe("outer");
  expect(lines[0]).toContain("inner");
});

test("readable lines for a terminal", () => {
  const { logger, lines } = collect("debug", true);
  logger.debug("disk is slow", { durationMs: 120, path: "a b" });
  expect(lines[0]).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} debug disk is slow durationMs=120 path="a b"\n$/,
  );
  logger.error("failed", { err: new Error("why") });
  expect(lines[1]).toMatch(/error failed\n {4}Error: why\n {8}at /);
});

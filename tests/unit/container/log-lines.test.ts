import { expect, test } from "vitest";
import { LogLines, logLine, NO_LOGS, truncationText } from "../../../src/container/log-lines.ts";
import { PipeOutput } from "../../../src/container/pipe-output.ts";

const LINE = logLine(0, "stdout", "x");

test("a line has a time of 30 columns, the stream and the text", () => {
  expect(LINE).toBe("1970-01-01T00:00:00.000000000Z stdout: x");
});

test("nothing printed is the shared empty array", () => {
  expect(new LogLines(100).finish(0)).toBe(NO_LOGS);
});

test("the limit holds at its edge, over text and lines", () => {
  const bytes = LINE.length + 1;
  const exact = new LogLines(bytes);
  exact.addPiped(LINE);
  expect([exact.truncated, exact.finish(0)]).toEqual([false, [LINE]]);
  const small = new LogLines(bytes - 1);
  small.addPiped(LINE);
  expect(small.truncated).toBe(true);
  expect(small.finish(0)).toEqual([logLine(0, "stderr", truncationText(bytes - 1))]);
  const many = new LogLines(bytes * 2);
  const text = [LINE, LINE, LINE].join("\n");
  many.addText(text, text.length, false);
  expect([many.truncated, many.finish(0).length]).toEqual([true, 3]);
});

test("a launcher that has cut tells it, and its lines are kept", () => {
  const lines = new LogLines(1000);
  lines.addText(LINE, LINE.length, true);
  expect(lines.finish(0)).toEqual([LINE, logLine(0, "stderr", truncationText(1000))]);
});

test("limit 0 keeps nothing and is never passed", () => {
  const lines = new LogLines(0);
  lines.addText(LINE, LINE.length, true);
  lines.addPiped(LINE);
  expect([lines.truncated, lines.finish(0)]).toEqual([false, NO_LOGS]);
});

test("lines of both sources come in the order of time", () => {
  const lines = new LogLines(1000);
  const text = [logLine(1, "stdout", "a"), logLine(5, "stdout", "c")].join("\n");
  lines.addText(text, text.length, false);
  lines.addPiped(logLine(3, "stderr", "b"));
  expect(lines.finish(9).map((line) => line.at(-1))).toEqual(["a", "b", "c"]);
});

test("piped output is cut into lines per stream, the last one by flush", () => {
  const lines: string[] = [];
  const pipes = new PipeOutput(
    () => 0,
    (line) => lines.push(line.slice(31)),
  );
  pipes.push(1, Buffer.from("a\nb"));
  pipes.push(2, Buffer.from("e\n"));
  pipes.push(1, Buffer.from("c\n\nd"));
  expect(lines).toEqual(["stdout: a", "stderr: e", "stdout: bc", "stdout: "]);
  pipes.flush();
  expect(lines.at(-1)).toBe("stdout: d");
  expect([pipes.takeUsed(), pipes.takeUsed()]).toEqual([true, false]);
});

import { expect, test } from "vitest";
import { HeaderList } from "../../../src/gateway/header-list.ts";

/** As node reads and writes them: one character per byte. */
function bytes(text: string): string {
  return Buffer.from(text).toString("latin1");
}

test.each(["plain", "é", "Zürich", "é €", "日本", "😀"])("%s goes out as UTF-8", (text) => {
  const list = HeaderList.from({ "X-One": text });
  list.add("X-Two", text);
  expect(list.raw).toEqual(["X-One", bytes(text), "X-Two", bytes(text)]);
});

test.each(["plain", "é", "é €", "😀"])("%s comes in as UTF-8", (text) => {
  const list = new HeaderList(["X-A", bytes(text), "x-a", bytes(text)]);
  expect(list.get("x-a")).toBe(text);
  expect(list.getAll("x-a")).toEqual([text, text]);
  expect(list.toObject()).toEqual({ "x-a": `${text}, ${text}` });
  // Taken out and put back it is what it was.
  list.set("X-A", list.get("x-a") ?? "");
  expect(list.raw).toEqual(["X-A", bytes(text)]);
});

test("what is no UTF-8 counts as Latin-1", () => {
  expect(new HeaderList(["X-A", "caf\xe9"]).get("x-a")).toBe("café");
});

test("fields are found without regard to case and keep their spelling", () => {
  const list = new HeaderList(["X-A", "1", "x-a", "2", "B", "3"]);
  expect([list.get("x-A"), list.getAll("X-a"), list.has("b")]).toEqual(["1", ["1", "2"], true]);
  list.set("X-A", "4");
  expect(list.raw).toEqual(["X-A", "4", "B", "3"]);
  list.set("C", ["5", "6"]);
  list.remove("b");
  expect(list.raw).toEqual(["X-A", "4", "C", "5", "C", "6"]);
});

test("fields of one name are joined byte for byte", () => {
  const list = new HeaderList(["cookie", "a=\xe9", "B", "3", "Cookie", "b=2"]);
  list.join("cookie", "; ");
  list.join("none", "; ");
  expect(list.raw).toEqual(["cookie", "a=\xe9; b=2", "B", "3"]);
});

test("no value can end its line", () => {
  expect(HeaderList.from({ "X-A": "é\r\nX-B: 1" }).raw).toEqual(["X-A", bytes("é%0D%0AX-B: 1")]);
});

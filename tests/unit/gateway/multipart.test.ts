import { expect, test } from "vitest";
import { fieldsOf } from "../../../src/gateway/multipart.ts";

const TYPE = "multipart/form-data; boundary=b-1";
const disposition = 'Content-Disposition: form-data; name="';

test.each<[string, string, string, Record<string, string> | undefined]>([
  ["fields", TYPE, `--b-1\r\n${disposition}a"\r\n\r\n1\r\n--b-1--\r\n`, { a: "1" }],
  [
    "the last of several, files, lines, what comes before and behind",
    'multipart/form-data; boundary="b-1"',
    `before\r\n--b-1\r\n${disposition}a"\r\n\r\n1\r\n--b-1\r\nX: y\r\n${disposition}a"; filename="f"` +
      "\r\nContent-Type: text/plain\r\n\r\ntwo\r\n\r\nlines\r\n--b-1--\r\nbehind",
    { a: "two\r\n\r\nlines" },
  ],
  ["names beyond ASCII", TYPE, `--b-1\r\n${disposition}é"\r\n\r\nü\r\n--b-1--`, { é: "ü" }],
  ["an empty field", TYPE, `--b-1\r\n${disposition}a"\r\n\r\n\r\n--b-1--`, { a: "" }],
  ["parts without name or end", TYPE, `--b-1\r\n\r\nx\r\n--b-1\r\n${disposition}a"`, {}],
  ["no body", TYPE, "", {}],
  ["no boundary", "multipart/form-data", "--\r\n\r\n", undefined],
])("%s", (_, type, body, expected) => {
  const fields = fieldsOf(Buffer.from(body), type);
  expect(fields && Object.fromEntries(fields)).toEqual(expected);
});

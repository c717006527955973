import { describe, expect, test } from "vitest";
import {
  AnswerSyntaxError,
  ResponseParser,
} from "../../../src/gateway/upstream/response-parser.ts";
import { fc } from "../../helpers/property.ts";

type Read = {
  status: number | undefined;
  body: string;
  ended: number;
  keepsAlive: boolean | undefined;
  rest: string | undefined;
  parser: ResponseParser;
};

function read(pieces: readonly string[], { head = false, upgrades = false } = {}): Read {
  const result: Read = {
    status: undefined,
    body: "",
    ended: 0,
    keepsAlive: undefined,
    rest: undefined,
    parser: new ResponseParser({
      head: ({ status, keepsAlive }) => Object.assign(result, { status, keepsAlive }),
      data: (chunk) => {
        result.body += chunk.toString("latin1");
      },
      end: () => {
        result.ended++;
      },
      upgraded: (rest) => {
        result.rest = rest.toString("latin1");
      },
    }),
  };
  result.parser.expect(head, upgrades);
  for (const piece of pieces) result.parser.push(Buffer.from(piece, "latin1"));
  return result;
}

const OK = "HTTP/1.1 200 OK\r\n";

describe("framing", () => {
  test.each<[string, string, number | undefined, string, number]>([
    ["length", `${OK}Content-Length: 5\r\n\r\nhello`, 200, "hello", 1],
    ["length nought", `${OK}Content-Length: 0\r\n\r\n`, 200, "", 1],
    ["not all there", `${OK}Content-Length: 6\r\n\r\nhello`, 200, "hello", 0],
    [
      "chunks",
      `${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n`,
      200,
      "hello",
      1,
    ],
    ["trailers", `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\n\r\n`, 200, "a", 1],
    ["no content", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", 1],
    [
      "interim first",
      `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${OK}Content-Length: 1\r\n\r\na`,
      200,
      "a",
      1,
    ],
    ["no reason", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, "", 1],
  ])("%s", (_, text, status, body, ended) => {
    const result = read([text]);
    expect([result.status, result.body, result.ended]).toEqual([status, body, ended]);
  });

  test("until the connection ends", () => {
    const result = read([`${OK}\r\nhello`]);
    expect([result.ended, result.keepsAlive]).toEqual([0, false]);
    expect(result.parser.close()).toBe(true);
    expect(result.ended).toBe(1);
  });

  test("a connection that ends too early is no end of the answer", () => {
    expect(read([`${OK}Content-Length: 6\r\n\r\nhello`]).parser.close()).toBe(false);
    expect(read([`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello`]).parser.close()).toBe(false);
    expect(read(["HTTP/1.1 200 OK\r\nContent-"]).parser.close()).toBe(false);
  });

  test("an answer to HEAD has no body, whatever its length says", () => {
    const result = read([`${OK}Content-Length: 5\r\n\r\n`], { head: true });
    expect([result.ended, result.body]).toEqual([1, ""]);
  });

  test("a switch of protocols leaves the rest to its reader", () => {
    const text = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nframes";
    expect(read([text], { upgrades: true }).rest).toBe("frames");
    expect(() => read([text])).toThrow(AnswerSyntaxError);
  });

  test.each([
    ["HTTP/1.1 200 OK\r\n\r\n", false],
    ["HTTP/1.1 204 OK\r\n\r\n", true],
    ["HTTP/1.1 204 OK\r\nConnection: close\r\n\r\n", false],
    ["HTTP/1.0 204 OK\r\n\r\n", false],
    ["HTTP/1.0 204 OK\r\nConnection: keep-alive\r\n\r\n", true],
  ])("%j keeps the connection: %s", (text, keeps) => {
    expect(read([text]).keepsAlive).toBe(keeps);
  });
});

describe("what could be read in two ways", () => {
  test.each([
    ["two framings", `${OK}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`],
    ["the same length twice", `${OK}Content-Length: 1\r\nContent-Length: 1\r\n\r\na`],
    ["two lengths", `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`],
    ["a list of lengths", `${OK}Content-Length: 1, 1\r\n\r\n`],
    ["a signed length", `${OK}Content-Length: +1\r\n\r\n`],
    ["a length in hexadecimal", `${OK}Content-Length: 0x1\r\n\r\n`],
    ["another coding", `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n`],
    ["chunked twice", `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`],
    ["a folded line", `${OK}X: a\r\n b\r\n\r\n`],
    ["a blank before the colon", `${OK}Content-Length : 1\r\n\r\n`],
    ["no name", `${OK}: x\r\n\r\n`],
    ["a bare line feed", `${OK}X: a\nY: b\r\n\r\n`],
    ["a NUL", `${OK}X: a\0b\r\n\r\n`],
    ["another protocol", "HTTP/2 200 OK\r\n\r\n"],
    ["no status", "HTTP/1.1 OK\r\n\r\n"],
    ["bytes after the end", `${OK}Content-Length: 1\r\n\r\nab`],
    ["a chunk that is longer than it says", `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n`],
    ["a chunk size that is none", `${OK}Transfer-Encoding: chunked\r\n\r\nx\r\n`],
    ["a chunk size with a sign", `${OK}Transfer-Encoding: chunked\r\n\r\n-1\r\n`],
    ["a head without end", `${OK}X: ${"a".repeat(70_000)}`],
  ])("%s", (_, text) => {
    expect(() => read([text])).toThrow(AnswerSyntaxError);
  });
});

test("it does not matter where the pieces are cut", () => {
  const text = `${OK}X: y\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\nT: u\r\n\r\n`;
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: text.length })), (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), text.length];
      const pieces = at.slice(1).map((end, index) => text.slice(at[index], end));
      const result = read(pieces);
      expect([result.status, result.body, result.ended]).toEqual([200, "hello", 1]);
    }),
  );
});

/** An upstream that looks at bytes, and says what a test tells it to, byte for byte. */
import { type AddressInfo, createServer, type Socket } from "node:net";

export type RawNode = AsyncDisposable & {
  readonly port: number;
  /** "127.0.0.1:<port>", as `nodes` has it */
  readonly address: string;
  /** What each connection has sent so far, one character per byte; all of them, in order. */
  readonly received: string[];
  /** Connections that are open now. */
  open(): number;
};

/** `answer` is called with each piece, and with all that the connection has sent so far. */
export async function startRawNode(
  answer: (socket: Socket, all: string, piece: string) => void,
): Promise<RawNode> {
  const received: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: false }, (socket) => {
    const at = received.push("") - 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      const piece = chunk.toString("latin1");
      const all = `${received[at]}${piece}`;
      received[at] = all;
      answer(socket, all, piece);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    address: `127.0.0.1:${port}`,
    received,
    open: () => sockets.size,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** A complete request whose framing can be read in one way; undefined: it is not complete yet. */
export type Framed = { readonly head: string; readonly body: string; readonly rest: string };

/**
 * Splits the first request off, as strictly as can be: one framing, digits only, CRLF everywhere.
 * Throws for anything that another reader could take for something else.
 */
export function splitRequest(text: string): Framed | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = text.slice(0, end);
  if (/[^\r]\n|\r[^\n]|\0/.test(head)) throw new Error(`a bare CR, LF or NUL: ${head}`);
  const [line = "", ...fields] = head.split("\r\n");
  if (!/^[A-Z]+ [^ ]+ HTTP\/1\.1$/.test(line)) throw new Error(`request line ${line}`);
  const odd = fields.find((field) => !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+: ?\S?/.test(field));
  if (odd !== undefined) throw new Error(`header ${JSON.stringify(odd)}`);
  const values = (name: string): string[] =>
    fields
      .filter((field) => field.toLowerCase().startsWith(`${name}:`))
      .map((field) => field.slice(name.length + 1).trim());
  const [lengths, codings] = [values("content-length"), values("transfer-encoding")];
  if (lengths.length + codings.length > 1) throw new Error(`two framings: ${head}`);
  if (values("host").length !== 1) throw new Error(`hosts: ${head}`);
  const after = text.slice(end + 4);
  if (codings.length === 1) {
    if (codings[0] !== "chunked") throw new Error(`coding ${codings[0]}`);
    return splitChunks(head, after);
  }
  const length = lengths[0] ?? "0";
  if (!/^\d+$/.test(length)) throw new Error(`length ${length}`);
  if (after.length < Number(length)) return undefined;
  return { head, body: after.slice(0, Number(length)), rest: after.slice(Number(length)) };
}

function splitChunks(head: string, text: string): Framed | undefined {
  let body = "";
  let rest = text;
  for (;;) {
    const match = /^([0-9a-f]+)\r\n/.exec(rest);
    if (match === null) {
      if (rest.includes("\n")) throw new Error(`chunk size ${JSON.stringify(rest.slice(0, 20))}`);
      return undefined;
    }
    const size = Number.parseInt(match[1] ?? "", 16);
    const from = match[0].length;
    if (rest.length < from + size + 2) return undefined;
    if (rest.slice(from + size, from + size + 2) !== "\r\n") throw new Error("a chunk too long");
    body += rest.slice(from, from + size);
    rest = rest.slice(from + size + 2);
    if (size === 0) return { head, body, rest };
  }
}

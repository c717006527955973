/** Bytes of HTTP/2, for what Node.js's own client does not send. */
import { NAME } from "./secure-port.ts";

/** The preface; with settings: identifier and value of each, six bytes. */
export function preface(settings: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(4, 0, 0, settings)]);
}

/** The head of a request, to `NAME`; nothing follows a GET. */
export function head(method: "GET" | "POST", path: string, stream: number): Buffer {
  const text = (value: string): Buffer =>
    Buffer.concat([Buffer.of(value.length), Buffer.from(value)]);
  // Indexes of HPACK's static table: the method, ":scheme: https", ":path", ":authority".
  const fields = [Buffer.of(method === "GET" ? 0x82 : 0x83, 0x87, 0x04), text(path)];
  const block = Buffer.concat([...fields, Buffer.of(0x41), text(NAME)]);
  return frame(1, method === "GET" ? 5 : 4, stream, block);
}

export function data(text: string, stream: number): Buffer {
  return frame(0, 0, stream, Buffer.from(text));
}

/** RST_STREAM */
export function reset(code: number, stream: number): Buffer {
  return frame(3, 0, stream, Buffer.of(0, 0, 0, code));
}

/** WINDOW_UPDATE of the connection. */
export function widen(bytes: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(bytes);
  return frame(8, 0, 0, payload);
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const start = Buffer.alloc(9);
  start.writeUIntBE(payload.length, 0, 3);
  start[3] = type;
  start[4] = flags;
  start.writeUInt32BE(stream, 5);
  return Buffer.concat([start, payload]);
}

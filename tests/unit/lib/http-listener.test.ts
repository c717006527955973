import type { RequestListener, Server } from "node:http";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { HttpListener } from "../../../src/lib/http-listener.ts";

const address = { host: "127.0.0.1", port: 0, portFlag: "--port", headerBytesMax: 16_384 };

// An error event without a listener ends the process.
test("a connection that cannot be taken, for lack of files say, does not end the program", async () => {
  const listener = await HttpListener.listen(address);
  const { server } = listener as unknown as { readonly server: Server };
  try {
    for (let i = 0; i < 3; i += 1) {
      expect(() => server.emit("error", new Error("accept ENOBUFS"))).not.toThrow();
    }
  } finally {
    listener.closeNow();
  }
});

test("a port in use is told with the flag that chooses another one", async () => {
  const listener = await HttpListener.listen(address);
  const { port } = listener;
  try {
    const again = HttpListener.listen({ ...address, port, portFlag: "--metrics-port" });
    await expect(again).rejects.toThrow(
      `port ${port} on 127.0.0.1 is in use; choose another one with --metrics-port`,
    );
  } finally {
    listener.closeNow();
  }
});

test("before it serves, and when it refuses, its owner's answer is given", async () => {
  const unavailable: RequestListener = (_request, response) => response.writeHead(503).end("later");
  const listener = await HttpListener.listen({ ...address, unavailable });
  const ask = async (): Promise<string> => {
    const answer = await fetch(`http://127.0.0.1:${listener.port}/`);
    return `${answer.status} ${await answer.text()}`;
  };
  try {
    expect(await ask()).toBe("503 later");
    listener.serve((_request, response) => response.end("now"));
    expect(await ask()).toBe("200 now");
    listener.refuse();
    expect(await ask()).toBe("503 later");
  } finally {
    listener.closeNow();
  }
});

test("what is no request, or has too many headers, is answered in the API's form", async () => {
  const listener = await HttpListener.listen(address);
  const send = (bytes: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let answer = "";
      const socket = connect(listener.port, "127.0.0.1", () => socket.write(bytes));
      socket.on("data", (chunk) => {
        answer += chunk;
      });
      socket.on("error", reject);
      socket.on("close", () => resolve(answer));
    });
  try {
    const long = `GET / HTTP/1.1\r\nHost: a\r\nX-A: ${"a".repeat(20_000)}\r\n\r\n`;
    for (const [bytes, status, text] of [
      [long, "431", "longer than 16384 bytes."],
      ["NONSENSE\r\n\r\n", "400", "bad syntax"],
    ] as const) {
      const answer = await send(bytes);
      const [head = "", body = ""] = answer.split("\r\n\r\n");
      expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      const { error, code } = JSON.parse(body) as { error: string; code: string };
      expect(error).toContain(text);
      expect(head).toContain(`X-Request-ID: ${code}`);
    }
  } finally {
    listener.closeNow();
  }
});

test("bytes that are no request, behind an answer under way, do not add a second one", async () => {
  const listener = await HttpListener.listen(address);
  listener.serve((_request, response) => {
    response.writeHead(200, { "Content-Length": 10 }).write("begun");
  });
  try {
    const answer = await new Promise<string>((resolve, reject) => {
      let text = "";
      const socket = connect(listener.port, "127.0.0.1", () => {
        socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      });
      socket.on("data", (chunk) => {
        text += chunk;
        if (text.endsWith("begun")) socket.write("no request\r\n\r\n");
      });
      socket.on("close", () => resolve(text));
      socket.on("error", reject);
    });
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(answer).toMatch(/begun$/);
  } finally {
    listener.closeNow();
  }
});

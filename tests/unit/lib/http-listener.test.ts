import type { Server } from "node:http";
import { expect, test } from "vitest";
import { HttpListener } from "../../../src/lib/http-listener.ts";

// An error event without a listener ends the process.
test("a connection that cannot be taken, for lack of files say, does not end the program", async () => {
  const address = { host: "127.0.0.1", port: 0, headerBytesMax: 16_384 };
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

/** Port 443, for the addresses of documents that name no port. */
import { createServer } from "node:net";

/** An address of this machine for this run alone: other runs may have 443 of another one. */
export const HOST_443 = `127.44.${(process.pid >> 8) & 255}.${process.pid & 255 || 1}`;

/** Below 1024 only root may listen, unless the machine allows it to all. */
export function mayBind443(): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen(443, HOST_443, () => server.close(() => resolve(true)));
  });
}

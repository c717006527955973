import type { Server } from "node:net";

type IdleServer = Server & { closeIdleConnections(): void };

/** Node itself looks for idle connections only once; in between this is how long one may stay. */
const SWEEP_MS = 50;

/**
 * Takes no more connections, and ends those that clients keep as soon as nothing is answered on
 * them. Resolves when all have ended.
 */
export function closeWhenIdle(server: IdleServer): Promise<void> {
  return new Promise((resolve) => {
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
    server.close(() => {
      clearInterval(sweep);
      resolve();
    });
    server.closeIdleConnections();
  });
}

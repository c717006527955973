/** The admin channel of a running server: what it changes counts from the next request on. */
import { readBlocked } from "../admin/blocked.ts";
import { type AdminChannel, serveAdmin } from "../admin/channel.ts";
import { type AdminCommand, runCommand } from "../admin/commands.ts";
import type { AdminStore } from "../admin/store.ts";
import type { Identity } from "../core/documents.ts";

/** Commands after which somebody may be blocked who was not. */
const BLOCKING: ReadonlySet<AdminCommand["verb"]> = new Set(["user.block", "limits.set"]);

/** A folder that can hold no socket is no reason not to serve. */
export async function openAdminChannel(
  folder: string,
  parts: {
    readonly store: AdminStore;
    /** Ends what waits of callers who have been blocked. */
    readonly refuse: (isBlocked: (caller: Identity) => boolean) => void;
    /** Forget what is remembered of keys, owners and limits. */
    readonly caches: readonly { forget(): void }[];
    readonly log: (level: "warn", message: string, fields: object) => void;
  },
): Promise<AdminChannel> {
  try {
    return await serveAdmin(folder, async (command) => {
      try {
        return await runCommand(parts.store, command);
      } finally {
        for (const cache of parts.caches) cache.forget();
        if (BLOCKING.has(command.verb)) parts.refuse(await readBlocked(parts.store));
      }
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    parts.log("warn", "meringue admin can be used only while the server is stopped", { reason });
    return { close: () => Promise.resolve() };
  }
}

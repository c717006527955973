/** Why a function process has ended, from what is known of its exit and its last words. */
import type { ExitFacts } from "./spawner.ts";

export type ProcessEnd = {
  /** For the operator, when it never became ready. */
  readonly reason: string;
  readonly exhaustedMemory: boolean;
};

/** Launchers end with this code when the language ran out of memory (docs/runtime-protocol.md). */
const EXIT_OUT_OF_MEMORY = 86;
/** What V8 prints before it ends the process, which then looks like ended by a signal. */
const HEAP_ABORT_TEXT = /out of memory/i;
const SIGNAL_CODES_FROM = 128;

/** `problem`: it could not even be started. `errorTail`: the last of what it printed on fd 2. */
export function processEnd(
  facts: ExitFacts,
  problem: string | undefined,
  errorTail: string,
): ProcessEnd {
  const cause = problem ?? `the launcher ended (${facts.signal ?? `code ${facts.code}`})`;
  return {
    reason: errorTail === "" ? cause : `${cause}: ${errorTail.trim()}`,
    exhaustedMemory: ranOutOfMemory(facts, errorTail),
  };
}

function ranOutOfMemory(facts: ExitFacts, errorTail: string): boolean {
  if (facts.outgrown || facts.code === EXIT_OUT_OF_MEMORY) return true;
  const bySignal = facts.signal !== null || (facts.code ?? 0) > SIGNAL_CODES_FROM;
  return bySignal && HEAP_ABORT_TEXT.test(errorTail);
}

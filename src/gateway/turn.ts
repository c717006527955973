/**
 * Writes that wait for the end of the turn of the event loop. Each write may wake a sleeping peer,
 * which costs more than the write itself; those of one turn wake it once.
 */

let waiting: (() => void)[] = [];

/** Runs it when what this turn has brought has been looked at. */
export function atEndOfTurn(write: () => void): void {
  if (waiting.push(write) === 1) setImmediate(flush);
}

function flush(): void {
  const writes = waiting;
  waiting = [];
  for (const write of writes) write();
}

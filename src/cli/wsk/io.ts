/** What the client needs of its surroundings, so that tests can give it others. */
export type Io = {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** whole of standard input */
  readonly stdin: () => Promise<Buffer>;
  /** colours and bold type; decided by standard output, also for what goes to standard error */
  readonly isColored: boolean;
  /** somebody watches: progress may be shown on standard error */
  readonly isWatched: boolean;
  /** ms epoch */
  readonly now: () => number;
  /** resolves after `ms`, at once when the signal aborts */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** calls back on Ctrl-C or SIGTERM; gives the way to stop listening */
  readonly onStop: (listener: () => void) => () => void;
};

export type Paint = {
  readonly green: (text: string) => string;
  readonly red: (text: string) => string;
  readonly bold: (text: string) => string;
};

/** Colours of the original: green `ok:`, red `error: `, bold names. */
export function paint(isColored: boolean): Paint {
  const style = (on: number) => (text: string) =>
    isColored ? `\u001b[${on}m${text}\u001b[0m` : text;
  return { green: style(32), red: style(31), bold: style(1) };
}

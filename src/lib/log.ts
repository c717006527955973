/**
 * The log of the program: one JSON object per line on stderr (`time`, `level`, the fields, `msg`),
 * or a short readable line when stderr is a terminal. Levels: error = someone must act; warn = we
 * coped; info = a long-lived thing changed, or one line per API request; debug = the rest.
 * Values of parameters, code, keys and results must never be given to it.
 */
import { type DestinationStream, destination, type Logger as PinoLogger, pino } from "pino";

export type LogLevel = "debug" | "info" | "warn" | "error";
/** `err` may hold an error: its chain of causes is written out. */
export type LogFields = Readonly<Record<string, unknown>>;

export type Logger = {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to each of its lines. */
  child(fields: LogFields): Logger;
};

/** `flush` writes what is still in memory; call it before the process ends. */
export type RootLogger = Logger & { flush(): void };

export type LogOptions = {
  readonly level: LogLevel;
  /** Readable lines instead of JSON; default: when stderr is a terminal. */
  readonly readable?: boolean;
  /** Instead of stderr. */
  readonly write?: (line: string) => void;
};

export function createLogger(options: LogOptions): RootLogger {
  const readable = options.readable ?? (options.write === undefined && process.stderr.isTTY);
  // Asynchronous: a slow reader of the log must not stop the thread that serves.
  const file = options.write === undefined ? destination({ fd: 2, sync: false }) : undefined;
  const write = options.write ?? ((line: string) => void file?.write(line));
  const stream: DestinationStream = {
    write: (line) => write(readable ? readableLine(line) : line),
  };
  const root = pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: pino.stdSerializers.errWithCause },
    },
    readable || file === undefined ? stream : file,
  );
  return { ...wrap(root), flush: () => flush(file) };
}

function wrap(logger: PinoLogger): Logger {
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
    child: (fields) => wrap(logger.child(fields)),
  };
}

function flush(file: { flushSync(): void } | undefined): void {
  try {
    file?.flushSync();
  } catch {
    // Nobody reads stderr any more; there is no place left to say so.
  }
}

/** `08:01:59.123 warn  disk is slow durationMs=120` */
function readableLine(line: string): string {
  const { time, level, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const clock = String(time).slice(11, 23);
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${text(value)}`);
  const head = [clock, String(level).padEnd(5), String(msg), ...rest].join(" ");
  const stack = (err as { stack?: unknown } | undefined)?.stack;
  return stack === undefined ? `${head}\n` : `${head}\n${String(stack).replace(/^/gm, "    ")}\n`;
}

function text(value: unknown): string {
  return typeof value === "string" && !/\s/.test(value) ? value : JSON.stringify(value);
}

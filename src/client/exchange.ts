/** One HTTP exchange: what is asked, and what is answered. */
export type Exchange = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** of the answer's body; default "utf8" */
  readonly encoding?: BufferEncoding | undefined;
};

export type Answer = {
  readonly status: number;
  /** name and value in turn, as received */
  readonly rawHeaders: readonly string[];
  readonly body: string;
};

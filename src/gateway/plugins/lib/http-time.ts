/** Times in HTTP headers (RFC 9110, 5.6.7): of the three forms, those with GMT. */
const IMF = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
const RFC850 = /^[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/;
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/;

/** Seconds since 1970; undefined: no such time. */
export function parseHttpTime(text: string): number | undefined {
  const known = IMF.test(text) || RFC850.test(text);
  if (!known && !ASCTIME.test(text)) return undefined;
  const time = Date.parse(known ? text : `${text} GMT`);
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000);
}

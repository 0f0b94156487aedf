/** A name may hold what moves the cursor of a terminal, or ends a line. */
export function toPrintable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\uFFFD');
}

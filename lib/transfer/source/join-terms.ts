/** SQLite nests an expression only so deep, and a function takes 127 arguments. */
const mostTogether = 100;

/** Terms in groups that SQLite takes. */
export function groupTerms(terms: readonly string[]): string[][] {
  const groups: string[][] = [];
  for (let at = 0; at < terms.length; at += mostTogether) groups.push(terms.slice(at, at + mostTogether));
  return groups;
}

/** One expression of any number of terms, at least one. */
export function joinTerms(terms: readonly string[], operator: 'OR' | '+'): string {
  return groupTerms(terms)
    .map((some) => `(${some.join(` ${operator} `)})`)
    .join(` ${operator} `);
}

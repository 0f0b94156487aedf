import { expect, it } from '@jest/globals';
import type { ProblemKind } from '../../lib/transfer/index.js';
import { testTraps } from './support/test-traps.js';
import { definitionTraps } from './traps/definitions.js';
import { keyTraps } from './traps/keys.js';
import { numberTraps } from './traps/numbers.js';
import { textTraps } from './traps/texts.js';
import { virtualTableTraps } from './traps/virtual-tables.js';

testTraps([...definitionTraps, ...virtualTableTraps]);

it('three traps in four end in an exact copy both ways, and the others in a refusal that has a name', () => {
  const traps = [...numberTraps, ...textTraps, ...keyTraps, ...definitionTraps, ...virtualTableTraps];
  const exact = traps.filter(({ outcome, back }) => outcome === 'equal' && back === undefined);
  const others = traps.filter((trap) => !exact.includes(trap)).map(({ outcome, back }) => back ?? outcome);

  console.info(
    `${traps.length} traps, ${exact.length} of them exact both ways; refused: ${others.sort().join(', ')}`,
  );
  expect(traps.length).toBeGreaterThanOrEqual(60);
  expect(exact.length / traps.length).toBeGreaterThanOrEqual(0.75);
  expect(others.filter((kind) => !named.includes(kind))).toEqual([]);
});

/** Too large for the target, missing there, no valid text under "stop", unreadable over the protocol; and the name of our own books. */
const named: readonly string[] = [
  'value-too-large',
  'missing-function',
  'missing-collation',
  'missing-module',
  'invalid-text',
  'unreadable',
  'reserved-name',
] satisfies ProblemKind[];

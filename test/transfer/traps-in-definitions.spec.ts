import { expect, it } from '@jest/globals';
import { testTraps } from './support/test-traps.js';
import { definitionTraps } from './traps/definitions.js';
import { keyTraps } from './traps/keys.js';
import { numberTraps } from './traps/numbers.js';
import { textTraps } from './traps/texts.js';
import { virtualTableTraps } from './traps/virtual-tables.js';

testTraps([...definitionTraps, ...virtualTableTraps]);

it('three traps in four end in an exact copy', () => {
  const traps = [...numberTraps, ...textTraps, ...keyTraps, ...definitionTraps, ...virtualTableTraps];
  const exact = traps.filter(({ outcome }) => outcome === 'equal');

  expect(traps.length).toBeGreaterThanOrEqual(60);
  expect(exact.length / traps.length).toBeGreaterThanOrEqual(0.75);
});

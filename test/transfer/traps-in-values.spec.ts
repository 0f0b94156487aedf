import { testTraps } from './support/test-traps.js';
import { keyTraps } from './traps/keys.js';
import { numberTraps } from './traps/numbers.js';
import { textTraps } from './traps/texts.js';

testTraps([...numberTraps, ...textTraps, ...keyTraps]);

import type { CommandKind } from '../command.js';
import { backup, restore } from './backup-commands.js';
import { doctor, status } from './inspect-commands.js';
import { copy, plan, pull, verify } from './transfer-commands.js';

/** Every command by its name. */
export const commands = { plan, copy, verify, pull, backup, restore, doctor, status } satisfies Record<
  string,
  CommandKind
>;

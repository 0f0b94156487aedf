import type { CommandKind } from '../command.js';
import { backup, restore } from './backup-commands.js';
import { copy, plan, pull, verify } from './transfer-commands.js';

/** Every command by its name. */
export const commands = { plan, copy, verify, pull, backup, restore } satisfies Record<string, CommandKind>;

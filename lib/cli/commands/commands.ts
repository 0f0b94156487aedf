import type { CommandKind } from '../command.js';
import { backup, restore } from './backup-commands.js';
import { doctor, status } from './inspect-commands.js';
import { cutover, detach, sync } from './sync-commands.js';
import { copy, plan, pull, verify } from './transfer-commands.js';

/** Every command by its name. */
export const commands = {
  plan,
  copy,
  verify,
  sync,
  cutover,
  detach,
  pull,
  backup,
  restore,
  doctor,
  status,
} satisfies Record<string, CommandKind>;

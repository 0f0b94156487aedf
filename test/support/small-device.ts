import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';

const ownMounts = ['unshare', '--mount', ...(process.getuid?.() === 0 ? [] : ['--map-root-user'])];

/** A command that runs the one behind it where `folder` is a device of one megabyte, which is gone at its end. */
export function withSmallDevice(folder: string): string[] {
  const mount = 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"';
  return [...ownMounts, 'sh', '-c', mount, folder];
}

/** Whether this machine lets a process mount something for itself: Linux does where namespaces are allowed. */
export function canMount(): boolean {
  const [program = '', ...args] = withSmallDevice(tmpdir());
  return spawnSync(program, [...args, 'true'], { stdio: 'ignore' }).status === 0;
}

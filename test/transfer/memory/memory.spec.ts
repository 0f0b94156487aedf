import { expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../../..');
const loader = pathToFileURL(join(root, 'test/connection/support/register-typescript.js')).href;

/** A bare process takes 60 MB, and 250 are promised. Here the compiler of the tests comes on top, so that only what is added counts. */
const mostAdded = 190;

it.each([
  ['copy', '150000'],
  ['pull', '300000'],
])(
  'a %s takes little memory, however many and however long its rows are',
  async (way, rows) => {
    const script = join(import.meta.dirname, 'measure.process.ts');
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', loader, script, way, rows], {
      cwd: root,
      timeout: 100_000,
      killSignal: 'SIGKILL',
    });
    const { equal, before, peak } = JSON.parse(stdout) as { equal: boolean; before: number; peak: number };

    expect(equal).toBe(true);
    expect(peak - before).toBeLessThan(mostAdded);
  },
  110_000,
);

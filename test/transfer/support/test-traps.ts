import { describe, expect, it } from '@jest/globals';
import { copyDatabase, pullDatabase, TransferRefusedError } from '../../../lib/transfer/index.js';
import { createSource } from './create-source.js';
import { readEverything } from './read-everything.js';
import { readSource } from './read-source.js';
import { useTarget } from './use-target.js';
import type { Trap } from '../traps/trap.js';

/** Copies every trap to a server of its own, and back again. */
export function testTraps(traps: readonly Trap[]): void {
  const room = useTarget();

  describe('a copy', () => {
    it.each(traps.filter(({ outcome }) => outcome === 'equal').map((trap) => [trap.name, trap] as const))(
      'is exact, and back again: %s',
      async (_name, { build, options, changed, back }) => {
        const source = await createSource(build);

        const report = await copyDatabase({ source, target: { url: room.server.url }, ...options });

        expect(report.verification.differences).toEqual([]);
        for (const [table, rows] of Object.entries(changed ?? {})) {
          expect(await room.target.all(`SELECT id, typeof(a), hex(a) FROM ${table} ORDER BY id`)).toEqual(
            rows,
          );
        }
        if (changed === undefined) expect(await readTarget(source)).toEqual(await readSource(source));

        const file = `${source}.pulled`;
        const pulling = pullDatabase({ source: { url: room.server.url }, file });
        if (back !== undefined) {
          await expect(pulling).rejects.toMatchObject({ problems: [{ kind: back }] });
          return;
        }
        expect((await pulling).differences).toEqual([]);
        expect(await readSource(file)).toEqual({
          ...(await room.target.session((all) => readEverything(all))),
          encoding: ['UTF-8'],
        });
      },
    );

    it.each(traps.filter(({ outcome }) => outcome !== 'equal').map((trap) => [trap.name, trap] as const))(
      'is refused before anything is written: %s',
      async (_name, { build, outcome, options }) => {
        const source = await createSource(build);

        const copying = copyDatabase({ source, target: { url: room.server.url }, ...options });
        const error = await copying.catch((reason: unknown) => reason);

        expect(error).toBeInstanceOf(TransferRefusedError);
        expect([...new Set((error as TransferRefusedError).problems.map(({ kind }) => kind))]).toEqual([
          outcome,
        ]);
        expect(
          await room.target.all(
            "SELECT name FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%'",
          ),
        ).toEqual([]);
      },
    );
  });

  async function readTarget(source: string): Promise<Record<string, string[]>> {
    const { encoding } = await readSource(source);
    return {
      ...(await room.target.session((all) => readEverything(all, encoding?.[0] === 'UTF-8'))),
      encoding: encoding ?? [],
    };
  }
}

import { startSqld } from '../../support/sqld-server.js';
import { startTlsProxy } from '../../support/tls-proxy.js';
import { callKinds, type CallKind } from './call-kinds.js';
import { runCell } from './run-cell.js';
import { runCrowd } from './run-crowd.js';
import type { CellResult, Scenario } from './scenario.js';

/**
 * Runs every scenario with every kind of call. Each kind has servers of its own, because a scenario stops and kills them and leaves locks;
 * on one server the cells run one after the other.
 * @returns of each scenario its cells, in the order of the kinds
 */
export async function runLanes(scenarios: readonly Scenario[]): Promise<CellResult[][]> {
  await using guarded = await startSqld({ jwt: true });
  const columns = await Promise.all(
    callKinds.map(async (kind) => {
      const results: CellResult[] = [];
      const left = [...scenarios.entries()];
      const runLane = async (): Promise<void> => {
        await using server = await startSqld();
        await using tls = await startTlsProxy(server.url);
        for (let next = left.shift(); next !== undefined; next = left.shift()) {
          const [index, scenario] = next;
          const run = scenario.crowd === undefined ? runCell : runCrowd;
          results[index] = await run(scenario, { kind, server, guarded, tls }, index);
        }
      };
      await Promise.all(Array.from({ length: lanesOf(kind) }, runLane));
      return results;
    }),
  );
  return scenarios.map((_scenario, row) => columns.map((column) => column[row] as CellResult));
}

/** Transactions wait for locks that others lost. */
function lanesOf({ isTransaction }: CallKind): number {
  return isTransaction ? 3 : 1;
}

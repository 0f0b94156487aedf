import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { GroupMember } from '../../lib/drivers/sqlite/group-commit.js';
import type { SqliteHandle } from '../../lib/drivers/sqlite/sqlite-handle.js';
import { checkSharedCommits } from './shared-commits.js';

const groupCommit = '../../lib/drivers/sqlite/group-commit.js';
const sqliteHandle = '../../lib/drivers/sqlite/sqlite-handle.js';

/** Loads the library anew, with groups that run as `runGroup` says. */
async function checkMutant(
  runGroup: (handle: SqliteHandle, members: GroupMember[], run: (member: GroupMember) => void) => void,
): Promise<string | undefined> {
  const actual = await import('../../lib/drivers/sqlite/group-commit.js');
  const { runStatement } = await import('../../lib/drivers/sqlite/sqlite-run.js');
  class Mutant extends actual.GroupCommit {
    readonly #handle: SqliteHandle;
    constructor(...parts: ConstructorParameters<typeof actual.GroupCommit>) {
      super(...parts);
      [this.#handle] = parts;
    }
    override run(first: GroupMember, takeNext: () => GroupMember | undefined): Promise<void> {
      const members = [first];
      for (let next = takeNext(); next !== undefined; next = takeNext()) members.push(next);
      runGroup(this.#handle, members, (member) => {
        try {
          member.settled = { result: runStatement(this.#handle, member.statement, 'number') };
        } catch (error) {
          member.settled = { error };
        }
      });
      return Promise.resolve();
    }
  }
  jest.unstable_mockModule(groupCommit, () => ({ ...actual, GroupCommit: Mutant }));
  const { checkSharedCommits: check } = await import('./shared-commits.js');
  return check(2_000);
}

function commit(handle: SqliteHandle): void {
  try {
    if (handle.inTransaction) handle.run('COMMIT');
  } catch {
    handle.run('ROLLBACK');
  }
}

describe('writes that share a commit', () => {
  afterEach(() => {
    for (const path of [groupCommit, sqliteHandle]) jest.unstable_unmockModule(path);
    jest.resetModules();
  });

  it('are answered, and leave behind, what they would one after the other', async () => {
    expect(await checkSharedCommits()).toBeUndefined();
  }, 300_000);

  it('would not, if they did no more than share a transaction', async () => {
    const failure = await checkMutant((handle, members, run) => {
      handle.run('BEGIN IMMEDIATE');
      members.forEach(run);
      commit(handle);
    });

    expect(failure).toContain('instead of');
  }, 300_000);

  it('would not, if each had a savepoint', async () => {
    const failure = await checkMutant((handle, members, run) => {
      handle.run('BEGIN IMMEDIATE');
      for (const member of members) {
        if (handle.inTransaction) handle.run('SAVEPOINT member');
        run(member);
        const failed = member.settled !== undefined && 'error' in member.settled;
        if (handle.inTransaction)
          handle.run(failed ? 'ROLLBACK TO member; RELEASE member' : 'RELEASE member');
      }
      commit(handle);
    });

    expect(failure).toContain('instead of');
  }, 300_000);

  it('would not, if they did so with deferred keys', async () => {
    const { SqliteHandle: Actual } = await import('../../lib/drivers/sqlite/sqlite-handle.js');
    class Unaware extends Actual {
      override get defersKeys(): boolean {
        return false;
      }
    }
    jest.unstable_mockModule(sqliteHandle, () => ({ SqliteHandle: Unaware }));
    const { checkSharedCommits: check } = await import('./shared-commits.js');

    expect(await check(2_000)).toContain('instead of');
  }, 300_000);
});

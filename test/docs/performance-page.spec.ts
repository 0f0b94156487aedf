import { describe, expect, it } from '@jest/globals';
import { tables } from '../../bench/tables.js';
import { targets } from '../../bench/targets.js';
import { pageOf } from './pages.js';

const { text } = pageOf('docs/performance.md');
const sections = text.split(/^### /m).slice(1);

describe('the page about performance', () => {
  it.each(tables.map(({ id, title }) => [title, id]))('has a section "%s" with its table', (title, id) => {
    const section = sections.find((candidate) => candidate.startsWith(`${title}\n\n\`${id}\`. `));
    const [, table = ''] = section?.split(/<!-- bench:[\w-]+:(?:start|end) -->/) ?? [];
    const [head = '', rule = '', ...lines] = table.trim().split('\n');

    expect(section).toContain(`<!-- bench:${id}:start -->`);
    expect([head.startsWith('| '), /^[|: -]+$/.test(rule)]).toEqual([true, true]);
    expect(lines.length).toBeGreaterThan(1);
  });

  it('has no other tables', () => {
    const places = [...text.matchAll(/<!-- bench:([\w-]+):start -->/g)].map(([, id]) => id);

    expect(new Set(places)).toEqual(new Set(['machine', 'targets', ...tables.map(({ id }) => id)]));
    expect(sections).toHaveLength(tables.length);
  });

  it('has the targets of the bench, each of a table that there is', () => {
    const [, place = ''] = text.split(/<!-- bench:targets:(?:start|end) -->/);

    for (const { title } of targets) expect(place).toContain(`| ${title} `);
    expect(tables.map(({ id }) => id)).toEqual(expect.arrayContaining(targets.map(({ table }) => table)));
  });

  it('says on which machine and with which versions', () => {
    const machine = text.split('<!-- bench:machine:start -->')[1]?.split('<!-- bench:machine:end -->')[0];

    expect(machine).toMatch(/\$ npm run bench\n.* cores, .*Node v\d+.*\nnestjs-turso \d.*better-sqlite3 \d/);
  });
});

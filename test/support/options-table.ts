import { describeOptions } from '../../lib/options/describe-options.js';

export const tableStart = '<!-- options:start -->';
export const tableEnd = '<!-- options:end -->';

/** The Markdown table of all options that stands in docs/configuration.md. */
export function formatOptionsTable(): string {
  const rows = describeOptions().map((row) => [
    code(row.option),
    code(row.variable),
    code(row.default),
    row.description,
  ]);
  return [['Option', 'Variable', 'Default', 'Meaning'], ['---', '---', '---', '---'], ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/** What stands between the two marks of a page. */
export function readTable(page: string): string | undefined {
  return page.split(tableStart)[1]?.split(tableEnd)[0]?.trim();
}

/** The page with a fresh table between its marks. */
export function replaceTable(page: string): string {
  const [before = '', rest = ''] = page.split(tableStart);
  return `${before}${tableStart}\n\n${formatOptionsTable()}\n\n${tableEnd}${rest.split(tableEnd)[1] ?? ''}`;
}

function code(text: string | undefined): string {
  return text === undefined ? '' : `\`${text}\``;
}

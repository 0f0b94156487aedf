import { readFileSync } from 'node:fs';

const marker = '-----BEGIN ';

/**
 * PEM text, from the text itself or from the file at a path. Neither is shown when something is wrong: one of them is a key.
 *
 * @param label what the PEM text must hold, such as `CERTIFICATE`
 * @param createError makes the error; its argument is the end of a sentence that starts with the option
 */
export function readPem(value: string, label: string, createError: (problem: string) => Error): string {
  // Variables cannot always hold line breaks, so they are often written as \n.
  const text = value.includes(marker) ? value.replaceAll('\\n', '\n') : readFile(value, createError);
  if (new RegExp(`${marker}[A-Z0-9 ]*${label}-----`).test(text)) return text;
  throw createError(`holds no PEM text with a ${label}`);
}

function readFile(path: string, createError: (problem: string) => Error): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code =
      typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unreadable';
    const reason = new Map([
      ['ENOENT', 'there is no such file'],
      ['EISDIR', 'it is a folder'],
      ['EACCES', 'the file may not be read'],
    ]).get(code);
    throw createError(`is neither PEM text nor the path of a file that can be read: ${reason ?? code}`);
  }
}

import ts from 'typescript';
import { join } from 'node:path';
import { root, type Block } from './pages.js';

/** What blocks may use without declaring it; the pages say so where they do. */
const preamble = `
import type { DatabaseConnection } from 'nestjs-turso';
declare global {
  const connection: DatabaseConnection;
  interface Task { readonly id: number; readonly title: string }
}
`;

/** Only an ES module may await at its top level, and may keep its imports as they are written. */
const ofModulesAlone = [1286, 1287, 1295, 1309];

/** Compiles every block twice, as an ES module and as the CommonJS file of a Nest 11 app, with the options of this repository. */
export function findTypeErrors(blocks: readonly Block[]): string[] {
  const folder = join(root, 'test/docs/blocks');
  const files = new Map([[join(folder, 'preamble.ts'), preamble]]);
  const places = new Map<string, string>();
  for (const [index, { code, place }] of blocks.entries()) {
    for (const [extension, kind] of [
      ['ts', ''],
      ['cts', ', as CommonJS'],
    ]) {
      const name = join(folder, `block-${index}.${extension}`);
      files.set(name, `${code}\nexport {};\n`);
      places.set(name, place + kind);
    }
  }
  const options = readOptions();
  const host = ts.createCompilerHost(options, true);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.readFile = (name) => files.get(name) ?? readFile(name);
  host.getSourceFile = (name, language, ...rest) => {
    const text = files.get(name);
    return text === undefined
      ? getSourceFile(name, language, ...rest)
      : ts.createSourceFile(name, text, language, true);
  };
  const program = ts.createProgram([...files.keys()], options, host);
  return [...files.keys()].flatMap((name) => {
    const source = program.getSourceFile(name);
    if (source === undefined) return [`${name} was not compiled`];
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
      .filter(({ code }) => !(name.endsWith('.cts') && ofModulesAlone.includes(code)))
      .map(({ messageText, start = 0 }) => {
        const { line } = source.getLineAndCharacterOfPosition(start);
        const text = ts.flattenDiagnosticMessageText(messageText, '\n');
        return `${places.get(name) ?? 'preamble'}, line ${line + 1} of the block: ${text}`;
      });
  });
}

function readOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: unknown;
  };
  return ts.parseJsonConfigFileContent(config, ts.sys, root).options;
}

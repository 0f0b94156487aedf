import { checkStatement } from '../sql/check-statement.js';
import { classifySql, firstKeyword } from '../sql/classify-sql.js';
import { skipTrivia } from '../sql/skip-trivia.js';
import { splitScript } from '../sql/split-script.js';
import { createMigrationError, describePlace, textOf } from './migration-errors.js';
import type { Migration, MigrationFile, MigrationStatement } from './migration-file.js';

/**
 * Splits a file into its statements and refuses what cannot run inside the file's own transaction.
 * @throws ConfigurationError naming file, statement and line
 */
export function parseMigration(file: MigrationFile): Migration {
  const statements = locateStatements(file.text);
  if (statements.length === 0) {
    const message = `migration ${file.name} holds no statement: write one, or remove the file`;
    throw createMigrationError(message, 'MIGRATION_INVALID');
  }
  for (const [index, statement] of statements.entries()) {
    const problem = findProblem(statement.sql);
    if (problem === undefined) continue;
    throw createMigrationError(
      `${describePlace(file.name, index, statement)}: ${problem}`,
      'MIGRATION_INVALID',
    );
  }
  return { ...file, statements };
}

function locateStatements(text: string): MigrationStatement[] {
  let end = 0;
  let line = 1;
  return splitScript(text).map((sql) => {
    const start = skipTrivia(text, end);
    line += countLines(text, end, start);
    const statement = { sql, line };
    end = start + sql.length;
    line += countLines(text, start, end);
    return statement;
  });
}

function countLines(text: string, from: number, to: number): number {
  return text.slice(from, to).split('\n').length - 1;
}

function findProblem(sql: string): string | undefined {
  const found = classifySql(sql);
  const keyword = firstKeyword(sql);
  if (found === 'transaction-control' || found === 'savepoint') {
    return `${keyword} is not allowed: every file runs in a transaction of its own, so leave it out`;
  }
  if (keyword === 'VACUUM')
    return 'VACUUM cannot run in a transaction, and every file is one: run it by hand';
  try {
    checkStatement(sql, 'transaction');
    return undefined;
  } catch (error) {
    return textOf(error);
  }
}

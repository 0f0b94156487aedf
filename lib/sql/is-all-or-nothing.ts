import { classifySql } from './classify-sql.js';

/** Whether a script that fails has changed nothing, whichever of its statements failed: it is one statement, or one transaction. */
export function isAllOrNothing(statements: readonly string[]): boolean {
  if (statements.length <= 1) return true;
  const controls = statements.map((sql) => classifySql(sql) === 'transaction-control');
  return controls[0] === true && controls.indexOf(true, 1) === statements.length - 1;
}

import { TransferRefusedError } from '../transfer-errors.js';

/** A definition that this SQLite does not take: only words of its answer that hold no value are told. */
export function createDefinitionError(object: string, answer: string): TransferRefusedError {
  const [known] = /no such (?:function|collation sequence|module): [^\s(]+/i.exec(answer) ?? [];
  const kind = known === undefined ? 'refused-by-target' : kindOf(known);
  const message = known === undefined ? 'SQLite refuses its definition' : `this SQLite has ${known}`;
  return new TransferRefusedError([{ kind, object, message }]);
}

function kindOf(known: string): 'missing-function' | 'missing-collation' | 'missing-module' {
  if (/function/i.test(known)) return 'missing-function';
  return /collation/i.test(known) ? 'missing-collation' : 'missing-module';
}

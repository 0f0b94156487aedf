/**
 * Where the caller of the method that calls this stands, for the message of whoever waits behind it: the first frame outside of
 * installed packages, because an ORM in between tells nobody anything.
 */
export function callSite(): string {
  const holder: { stack?: unknown } = {};
  Error.captureStackTrace(holder, callSite);
  // an app may have replaced Error.prepareStackTrace: then a stack is no text
  const stack = typeof holder.stack === 'string' ? holder.stack : '';
  const [, ...frames] = stack.split('\n').filter((line) => line.trimStart().startsWith('at '));
  const own = frames.find((frame) => !/node_modules|\(node:|at node:/.test(frame));
  return `a transaction opened ${(own ?? frames[0] ?? 'at an unknown place').trim()}`;
}

/** Decorators and ORMs may fill Node's default of 10 frames alone. */
const framesToLookAt = 30;

/**
 * Where the caller of the method that calls this stands, for the message of whoever waits behind it: the first frame outside of
 * installed packages, because an ORM in between tells nobody anything.
 */
export function callSite(): string {
  const holder: { stack?: unknown } = {};
  const { stackTraceLimit } = Error;
  // an app that switched stacks off means it
  Error.stackTraceLimit = stackTraceLimit && framesToLookAt;
  Error.captureStackTrace(holder, callSite);
  Error.stackTraceLimit = stackTraceLimit;
  // an app may have replaced Error.prepareStackTrace: then a stack is no text
  const stack = typeof holder.stack === 'string' ? holder.stack : '';
  const [, ...frames] = stack.split('\n').filter((line) => line.trimStart().startsWith('at '));
  const own = frames.find((frame) => !/node_modules|\(node:|at node:/.test(frame));
  return `a transaction opened ${(own ?? frames[0] ?? 'at an unknown place').trim()}`;
}

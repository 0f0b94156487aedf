/** Host and port behind the `@`. Neither is shown when it is broken: it may be half a credential. */
export function parseHost(
  text: string,
  invalid: (problem: string) => Error,
): { hostname: string; port: number | undefined } {
  const [, host = '', port] = /^(\[[^\]]*\]|[^:[\]]*)(?::(.*))?$/s.exec(text) ?? [];
  if (host === '')
    throw invalid(text === '' || text.startsWith(':') ? 'has no host' : 'has a host that is not valid');
  return {
    hostname: toHostname(host, invalid),
    port: port === undefined ? undefined : toPort(port, invalid),
  };
}

/** True for the names and addresses of this machine. */
export function isLoopback(hostname: string): boolean {
  return /^(.+\.)?localhost\.?$/.test(hostname) || /^127(\.\d{1,3}){3}$/.test(hostname) || hostname === '::1';
}

/** Host and port as people write them. */
export function formatLocation(hostname: string, port: number): string {
  return `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`;
}

function toPort(text: string, invalid: (problem: string) => Error): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw invalid('has a port that is not a number from 1 to 65535');
  return port;
}

/** The canonical name: lower case, punycode, `127.1` written out, so that `isLoopback` cannot be talked round. */
function toHostname(host: string, invalid: (problem: string) => Error): string {
  const url = `http://${host}`;
  const hostname = URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '';
  const labels = hostname.replace(/\.$/, '').split('.');
  // A URL parser takes labels of any length, DNS does not, and a token pasted as the host has longer ones.
  const valid =
    hostname.includes(':') ||
    (hostname.length <= 253 && labels.every((label) => /^[a-z0-9_-]{1,63}$/.test(label)));
  if (!valid) throw invalid('has a host that is not valid');
  return hostname;
}

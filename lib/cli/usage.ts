export const usage = `Usage: nestjs-turso <command> <from> <to> [options]

Moves a SQLite file to Turso or any libSQL server, and back; makes backups of both. The token is read from TURSO_AUTH_TOKEN.

Commands
  plan <file> <url>     says what a copy would do and what stands against it; writes nothing
  copy <file> <url>     copies everything to a database, an empty one unless told otherwise, and verifies it
  verify <file> <url>   compares every definition and every row
  sync <file> <url>     brings what was written since a copy that was kept open
  cutover <file> <url>  ends such a transfer: locks the file, brings the rest, completes the server's database
  detach <file>         removes what sync and cutover have put into the file
  pull <url> <file>     copies a snapshot of the server to a new file and verifies it
  backup <file|url> <file>    writes a checked copy of a live database
  restore <file> <file|url>   brings a backup back: as a file, or into an empty database of a server
  doctor <file|url> [<file|url>]   looks at both before a transfer: versions, token, space, damage
  status <file|url>     says what a database holds and whether a transfer is under way (exit code 4)

Options
  --resume                   goes on with an interrupted copy or pull; begins where none had begun
  --into-non-empty           copy, plan, verify: beside what the database holds, unless a name is taken
  --via <way>                copy, plan: rows (default), or file: the file itself becomes a new database of a self-hosted sqld
  --data-folder <folder>     with --via file: what that server has as --db-path
  --admin-url <url>          with --via file: what it has as --admin-listen-addr
  --namespace <name>         with --via file: the new database (default: the first label of the host name)
  --keep-open                copy: sync and cutover follow
  --mode <mode>              sync: finds changes by hash or changelog (default: changelog where one is installed)
  --force                    backup, restore: replaces a file that nobody has open
  --verify                   backup: compares a digest of every table
  --on-bad-row <policy>      a row that the server refuses: stop (default), quarantine
  --invalid-utf8 <policy>    text that is no UTF-8: stop (default), blob, replace, keep
  --rejects <file>           where rows left out are listed (default: <file>.rejects.jsonl)
  --work-folder <folder>     where <file>.transfer with the snapshot is made (default: beside <file>)
  --report <file>            writes the result as JSON
  --json                     prints the result as JSON
  --help

Exit codes
  0 verified   1 wrong use or a plan with problems   2 rows were left out   3 source and target differ
  4 interrupted, go on with --resume   5 failed, try again
  6 somebody else works on the target, or it refuses a definition
`;

CREATE TABLE tasks (
  id INTEGER PRIMARY KEY,
  title TEXT NOT NULL CHECK (title <> ''),
  completed_at TEXT
);

-- Two open tasks with one title are a mistake; a task that is done may come back.
CREATE UNIQUE INDEX tasks_open_title ON tasks (title) WHERE completed_at IS NULL;

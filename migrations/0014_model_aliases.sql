-- What a model's name stands for: a name, or a pattern with *, and the models that may serve it, in order, each with the group
-- whose accounts are meant or with none: [{"model": "claude-opus-4-8"}, {"model": "glm-5", "group": "grp_…"}].
CREATE TABLE model_aliases (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  targets TEXT NOT NULL,
  note TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

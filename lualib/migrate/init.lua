--- The instance for the program's own code; its `warn` does nothing.

---@type Migrate
return require("migrate.face").new()

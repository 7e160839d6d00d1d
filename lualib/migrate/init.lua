--- The instance for the program's own code; its `warn` does nothing.

return require("migrate.face").new()

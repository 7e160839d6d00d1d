--- The public face for the program's own code; a recipe has an instance of its own, whose `warn`
--- counts.

return require("migrate.face").new()

--- recipes: what is shipped and installed, and what helps to write one.

---@type Command
return {
  name = "recipes",
  summary = "List, show and copy recipes, describe what they are made of, pin their modules",
  help = [[
Works on recipes rather than on their users. Without a subcommand it lists them.]],
  positionals = {},
  subcommands = { "list", "show", "copy", "schema", "annotate", "lock" },
}

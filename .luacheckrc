std = "lua54"
max_line_length = 100
cache = false
exclude_files = { "lualib/meta", "build*" }
files["tests"] = { globals = { "test" } }

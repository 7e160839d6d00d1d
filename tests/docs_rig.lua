--- Parses the commands that a page of the documentation shows, and compares what they
--- print with what the page shows. What cannot be parsed raises an error.

local docs_rig = {}

---@class DocsBlock  a code block
---@field language string
---@field line integer      where it begins
---@field lines string[]
---@field before string     the text above it, up to an empty line, as one line

---@class DocsRow  a row of a table
---@field line integer
---@field header string     above its first cell
---@field cell string       its first cell, where that is code

---@class DocsCommand
---@field line integer
---@field text string
---@field output? string[]  what the page shows of it; nil: nothing
---@field before string     the text above its block
---@field parts DocsPart[]

---@class DocsPart  a command between |, &&, ; and &
---@field word string       its first word, variables aside
---@field text string
---@field joint string      what comes after it

---@class DocsPage
---@field name string
---@field blocks DocsBlock[]
---@field rows DocsRow[]

local function raise(page, line, format, ...)
  error(string.format("%s:%d: " .. format, page.name, line, ...), 0)
end

local function read_row(page, line, text, header)
  local cell = text:match("^|%s*`([^`]+)`")
  if cell then
    cell = cell:gsub("\\|", "|")
    table.insert(page.rows, { line = line, header = header, cell = cell })
  end
end

---@param name string
---@param text string
---@return DocsPage
function docs_rig.page(name, text)
  local page = { name = name, blocks = {}, rows = {} }
  local line, block, before, header = 0, nil, {}, nil
  for said in text:gmatch("([^\n]*)\n") do
    line = line + 1
    local fence = said:match("^```(%w*)$")
    if not fence and said:find("^%s*```") then
      raise(page, line, "not a valid fence: %s", said)
    end
    if fence and block then
      table.insert(page.blocks, block)
      block, before = nil, {}
    elseif fence then
      block = { language = fence, line = line, lines = {} }
      block.before = table.concat(before, " ")
    elseif block then
      table.insert(block.lines, said)
    elseif said:find("^|") then
      header = header or said:match("^|%s*(.-)%s*|")
      read_row(page, line, said, header)
    elseif said ~= "" then
      if before.over then before = {} end
      header, before[#before + 1] = nil, said
    else
      header, before.over = nil, true
    end
  end
  if block then raise(page, block.line, "the block does not end") end
  return page
end

---The file that a block shows, if the text above it ends with the file's name and a colon.
---@param block DocsBlock
---@return string?
function docs_rig.file_of(block)
  return block.before:match("`([%w._-]+)`:$")
end

---The simple commands of a command line.
---@param text string
---@return DocsPart[]
function docs_rig.parts(text)
  local parts, from, at, quote = {}, 1, 1, nil
  local function cut(joint)
    local part = text:sub(from, at - 1):match("^%s*(.-)%s*$")
    local word = part
    while word:find("^[%w_]+=%S*%s") do word = word:gsub("^%S+%s+", "") end
    if part ~= "" then
      parts[#parts + 1] = { word = word:match("^%S*"), text = part, joint = joint }
    end
    at = at + #joint
    from = at
  end
  while at <= #text do
    local char = text:sub(at, at)
    local joint = text:match("^&&", at) or text:match("^||", at)
      or text:match("^[|;&]", at)
    if quote then
      if char == quote then quote = nil end
      at = at + 1
    elseif char == "'" or char == '"' then
      quote, at = char, at + 1
    elseif joint then
      cut(joint)
    else
      at = at + 1
    end
  end
  cut("")
  return parts
end

local GOES_ON <const> = { "|$", "\\$", "&&$" }

local function goes_on(text)
  for _, pattern in ipairs(GOES_ON) do
    if text:find(pattern) then return true end
  end
  return false
end

---The commands of a block that shows them after a $.
local function after_dollars(page, block)
  local commands, open = {}, nil
  for i, said in ipairs(block.lines) do
    local line, text = block.line + i, said:match("^%$ (.*)")
    if open and not open.output and goes_on(open.text) then
      open.text = open.text:gsub("\\$", "") .. "\n" .. said
    elseif text then
      open = { line = line, text = text, before = block.before }
      commands[#commands + 1] = open
    elseif not open then
      raise(page, line, "a line before the first command")
    else
      open.output = open.output or {}
      table.insert(open.output, said)
    end
  end
  for _, command in ipairs(commands) do command.parts = docs_rig.parts(command.text) end
  return commands
end

local SHELLS <const> = { sh = true, bash = true, shell = true, console = true }

-- A synopsis: its words in capitals are placeholders.
local SYNOPSIS <const> = "^auth0%-migrate [A-Z]+[%s%[]"

---Checks a block without a $: commands of the program must exist but are not run.
local function without_dollars(page, block, look)
  for i, said in ipairs(block.lines) do
    local line = block.line + i
    local is_ours = said:find("^%S*auth0%-migrate ") or said:find("^%./bootstrap")
    if is_ours and not said:find(SYNOPSIS) then
      look(page, line, (said:gsub("%s+#.*", "")))
    elseif not is_ours and (SHELLS[block.language] or said:find("^export ")) then
      raise(page, line, "a command needs a $ before it: %s", said)
    end
  end
end

---The commands of a page, in order; `look` is called for those that must exist but are not run.
---@param page DocsPage
---@param look fun(page: DocsPage, line: integer, text: string)
---@return table<DocsBlock, DocsCommand[]>
function docs_rig.commands(page, look)
  local by_block = {}
  for _, block in ipairs(page.blocks) do
    local has_dollar = ("\n" .. table.concat(block.lines, "\n")):find("\n$ ", 1, true)
    local is_text = block.language == "" or SHELLS[block.language]
    if has_dollar and not is_text then
      raise(page, block.line, "a block of %s has commands", block.language)
    elseif has_dollar then
      by_block[block] = after_dollars(page, block)
    elseif is_text then
      without_dollars(page, block, look)
    end
  end
  return by_block
end

-- What two runs of the same command print differently.
local VARIES <const> = {
  { "%-%d%d%d%d%d%d%d%dT%d%d%d%d%d%d", "-RUN" },
  { "%f[%w]%d+ days %d+ h%f[%W]", "TIME" }, { "%f[%w]%d+ h %d+ min%f[%W]", "TIME" },
  { "%f[%w]%d+ min %d+ s%f[%W]", "TIME" }, { "under 1 s%f[%W]", "TIME" },
  { "%f[%w]%d[%d.]* s%f[%W]", "TIME" }, { "slots busy %d+ %%", "slots busy N %%" },
  { "%s+$", "" },
}

---A line with placeholders for what varies.
---@param line string
---@return string
function docs_rig.normal(line)
  for _, rule in ipairs(VARIES) do line = line:gsub(rule[1], rule[2]) end
  return line
end

---The lines that a program printed, as a terminal shows them in the end.
---@param text string
---@return string[]
function docs_rig.lines(text)
  local lines = {}
  text = text:gsub("\27%[[%d;?]*%a", ""):gsub("\r+\n", "\n")
  for line in (text:gsub("\n$", "") .. "\n"):gmatch("([^\n]*)\n") do
    lines[#lines + 1] = line:match("[^\r]*$")
  end
  return lines
end

---Whether lines match what a page shows; `...` alone on a line matches any lines.
---@param shown string[]
---@param said string[]
---@return boolean
function docs_rig.matches(shown, said)
  local function from(i, j)
    while i <= #shown and shown[i] ~= "..." do
      if j > #said then return false end
      if docs_rig.normal(shown[i]) ~= docs_rig.normal(said[j]) then return false end
      i, j = i + 1, j + 1
    end
    if i > #shown then return j > #said end
    for next_line = j, #said + 1 do
      if from(i + 1, next_line) then return true end
    end
    return false
  end
  return from(1, 1)
end

---@class DocsAnswer
---@field prompt string  what is waited for
---@field nth integer    which one of these
---@field text string    what is typed

---What the page says is typed at a prompt: "... [y/N] y" is a question with its answer,
---and a line that ends with a colon asks for the password that the text above names.
---@param command DocsCommand
---@return DocsAnswer[]
function docs_rig.answers(command)
  local answers, asked = {}, {}
  local password = command.before:match("password is `([^`]+)`")
  for _, said in ipairs(command.output or {}) do
    local choice, text = said:match("(%[%w+/%w+%]) (%a+)$")
    if not choice and password and said:find(":$") then choice, text = said, password end
    if choice then
      asked[choice] = (asked[choice] or 0) + 1
      answers[#answers + 1] = { prompt = choice, nth = asked[choice], text = text }
    end
  end
  return answers
end

return docs_rig

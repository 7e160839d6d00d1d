--- Words for nothing are no values of a column whose other values are of a parsed kind.

local survey = require "new.survey"
local tap = require "tests.tap"
local ways = require "new.ways"
local test, equal = tap.test, tap.equal

---The column of these values, which differ in their numbers.
local function column(of, word, n_words)
  local found = survey.new {}
  for i = 1, 100 do found:record { x = i <= n_words and word or of:gsub("#", 100 + i) } end
  found:finish()
  return found.columns[1]
end

test("of phones, dates, addresses and numbers the words for nothing are left out, as written",
  function()
    for _, of in ipairs { "+49 171 1234#", "2024-01-02T03:04:05.#Z", "a#@b.cd", "#", "#.5" } do
      for _, word in ipairs { "k.A.", "N/A", "Unknown", "-", "keine", "none", "s/n", "нет" } do
        local made = column(of, word, 25)
        equal({ made.nothing, made.filled, made.words[word] }, { { word }, 75 }, of .. " " .. word)
        equal({ made.distinct:count() }, { 75, true })
        equal(ways.new({ made }):of(made), string.format('value.null_if(row.x, "%s")', word))
      end
    end
  end)

test("in a column of text, and where they are rare, they are values", function()
  for _, case in ipairs {
    { "name #x", "none", 50 }, { "pro", "none", 50 }, { "+49 171 1234#", "n/a", 19 },
    { "+49 171 1234#", "later", 50 }, { "+49 171 1234#", "n/a", 100 },
  } do
    local made = column(case[1], case[2], case[3])
    equal({ made.nothing, made.filled }, { nil, 100 }, case[1] .. " " .. case[2])
  end
end)

test("all spellings in a column are named", function()
  local found = survey.new {}
  for i = 1, 150 do
    found:record { x = i % 6 == 0 and "n/a" or i % 6 == 1 and "N/A" or tostring(i) }
  end
  found:finish()
  local only = found.columns[1]
  equal({ only.nothing, only.filled }, { { "N/A", "n/a" }, 100 })
  for _, sample in ipairs(only.samples) do assert(sample:find("^%d+$"), sample) end
end)

--- What users lose, as numbers that cross to the program with each user. Few users differ in what
--- they lose and why: each set of losses that occurs is listed once, and a user has its number.

local capped_names = require "base.capped_names"
local lost_things = require "base.lost_things"

local losses = {}

local MOST_SETS <const> = 5000 -- further sets have no reasons of their own
local MOST_KNOWN <const> = 10000 -- reasons as they are written that are looked up, not redacted
local OTHER <const> = "other"
local ORDER <const> = lost_things.ORDER

---@alias LostSet table<LostThing, string>  reasons, by what is lost

---@class Losses
---@field private sets LostSet[]  by number; number 0 loses nothing
---@field private numbers table<string, integer>  by the set as text
---@field private names table<string, fun(reason: string): string>  by what
---@field private known table<integer, table<string, table<string, integer>>>  what `add` returned
---@field private n_known integer
local Losses = {}
Losses.__index = Losses

---@return Losses
function losses.new()
  local names = {}
  for _, what in ipairs(ORDER) do names[what] = capped_names.new() end
  return setmetatable({
    sets = { [0] = {} }, numbers = { [""] = 0 }, names = names, known = {}, n_known = 0,
  }, Losses)
end

---A set as text, which tells it apart: what is lost has one order.
local function text_of(set)
  local words = {}
  for _, what in ipairs(ORDER) do
    if set[what] then words[#words + 1] = what .. "\0" .. set[what] end
  end
  return table.concat(words, "\0\0")
end

local function without_reasons(set)
  local general = {}
  for what in pairs(set) do general[what] = OTHER end
  return general
end

---@private
---@param set LostSet
---@return integer
function Losses:number(set)
  local text = text_of(set)
  if not self.numbers[text] and #self.sets >= MOST_SETS then
    set = without_reasons(set)
    text = text_of(set)
  end
  if not self.numbers[text] then
    local n = #self.sets + 1
    self.sets[n], self.numbers[text] = set, n
  end
  return self.numbers[text]
end

---@private
function Losses:further(set, what, reason)
  local before = self.sets[set]
  if before[what] then return set end
  local more = { [what] = self.names[what](reason) }
  for other, why in pairs(before) do more[other] = why end
  return self:number(more)
end

---The set with another loss; of two reasons for the same loss the first counts.
---@param set integer
---@param what LostThing
---@param reason string
---@return integer set
function Losses:add(set, what, reason)
  local of_set = self.known[set]
  local of_what = of_set and of_set[what]
  local found = of_what and of_what[reason]
  if found then return found end
  found = self:further(set, what, reason)
  if self.n_known < MOST_KNOWN then
    if not of_set then
      of_set = {}
      self.known[set] = of_set
    end
    of_set[what] = of_set[what] or {}
    of_set[what][reason] = found
    self.n_known = self.n_known + 1
  end
  return found
end

---What a user loses that was merged from two: what either loses, except a password that it has.
---@param first integer
---@param second integer
---@param has_password boolean
---@return integer set
function Losses:merge(first, second, has_password)
  local merged = {}
  for _, number in ipairs { first, second } do
    for what, reason in pairs(self.sets[number] or {}) do merged[what] = merged[what] or reason end
  end
  if has_password then merged.password = nil end
  return self:number(merged)
end

---The sets behind a number, in order.
---@param number integer
---@return LostSet[]
function Losses:after(number)
  return table.move(self.sets, number + 1, #self.sets, 1, {})
end

return losses

--- Words that people write where they have nothing to say, in columns of phones, dates, addresses
--- and numbers: they are no values.

local text = require "host.text"

local nothing = {}

-- Of a short list: in a column of names or notes, each may be a value.
local WORDS <const> = {}
for word in ([[- -- --- n/a na n.a. n.a n\a n/d nd n.d. s/n s/d k.a. k.a k/a ka k.a.n. null nil none
  nothing unknown unk tbd tba undefined missing empty blank
  keine keiner kein unbekannt entfällt fehlt leer
  aucun aucune inconnu inconnue néant vide ninguno ninguna desconocido vacío vacio
  nenhum nenhuma desconhecido vazio nessuno nessuna sconosciuto geen onbekend nvt n.v.t.
  brak nieznany nieznana żaden ei ingen inget saknas okänd ukjent ukendt mangler žádný není
  neznámý yok bilinmiyor нет неизвестно отсутствует нету немає невідомо なし 無し 不明 无 無 없음]])
  :gmatch("%S+") do
  WORDS[word] = true
end

local LEAST_SHARE <const> = 0.05 -- of the values
local NEARLY_ALL <const> = 0.9 -- of the others are of one kind

-- Kinds whose values are never words, each of the forms that it is written in.
---@type string[][]
local PARSED <const> = {
  { "international", "national" }, { "moment", "epoch" }, { "address" }, { "integer", "decimal" },
}

---Whether a value is a word for nothing.
---@param value string
---@return boolean
function nothing.is(value)
  return WORDS[text.lower(text.trim(value) or "")] == true
end

---Whether nearly all values but the words for nothing are of a kind that is parsed.
local function are_parsed(column, n_others)
  for _, kind in ipairs(PARSED) do
    local n = 0
    for _, form in ipairs(kind) do n = n + (column.forms[form] or 0) end
    if n >= n_others * NEARLY_ALL then return true end
  end
  return false
end

---The words for nothing of a column in which they are no values; nil without one.
---@param column Column
---@param least integer  times that a word occurs which a recipe may name
---@return string[]? words  sorted
---@return integer n  how often they occur
function nothing.of(column, least)
  local words, n = {}, 0
  for word, times in pairs(column.words) do
    if times >= least and nothing.is(word) then words[#words + 1], n = word, n + times end
  end
  local n_others = column.filled - n
  if n == 0 or n < column.filled * LEAST_SHARE or n_others == 0 then return nil, 0 end
  if column.is_list or not are_parsed(column, n_others) then return nil, 0 end
  table.sort(words)
  return words, n
end

return nothing

local file = require "host.file"
local json = require "host.json"
local kept = require "pages.kept"
local tap = require "tests.tap"
local test = tap.test

local SPEC <const> = ("ab"):rep(32)
local LIMIT <const> = 1000000

---Runs `fn` with kept pages in a new folder, and the folder.
local function with_pages(fn)
  local folder = assert(file.temporary())
  local all = folder .. "/acme.pages"
  local ok, message = xpcall(fn, debug.traceback, kept.at(all, SPEC), all)
  assert(file.remove_tree(folder))
  if not ok then error(message, 0) end
end

local function header(page, key)
  return { page = page, key = key, status = 200, next = false }
end

test("a page is given back for the same request only", function()
  with_pages(function(pages)
    tap.equal(pages:facts(), nil)
    assert(pages:begin { from = "api", salt = "s" })
    assert(pages:keep(header(1, "k"), '[{"a":"ä\n"}]'))
    local found, text = pages:page(1, "k", LIMIT)
    tap.equal({ text, found.next, found.status }, { '[{"a":"ä\n"}]', false, 200 })
    tap.equal(pages:page(1, "other", LIMIT), nil)
    tap.equal(pages:page(2, "k", LIMIT), nil)
    tap.equal(pages:count(), 1)
    tap.equal(pages:facts().from, "api")
  end)
end)

test("pages of another reading are not found", function()
  with_pages(function(pages, all)
    assert(pages:begin { from = "api", salt = "s" })
    assert(pages:keep(header(1, "k"), "[]"))
    tap.equal(kept.at(all, ("cd"):rep(32)):count(), 0)
    local same_start = kept.at(all, SPEC:sub(1, 16) .. ("0"):rep(48))
    tap.equal(same_start:page(1, "k", LIMIT), nil)
  end)
end)

test("pages are for their user only", function()
  with_pages(function(pages, all)
    assert(pages:begin { from = "api", salt = "s" })
    assert(pages:keep(header(1, "k"), "[]"))
    tap.equal(file.stat(all).mode & 511, tonumber("700", 8))
    for _, name in ipairs(file.list(pages.folder)) do
      tap.equal(file.stat(pages.folder .. "/" .. name).mode & 511, tonumber("600", 8))
    end
  end)
end)

test("a damaged page, and one of another version, is as if it was not there", function()
  with_pages(function(pages)
    assert(pages:begin { from = "api", salt = "s" })
    assert(pages:keep(header(1, "k"), "[]"))
    local name = pages.folder .. "/000001.zst"
    local whole = assert(io.open(name, "rb")):read("a")
    for _, text in ipairs { whole:sub(1, #whole // 2), "", "no page", '{"version":2}\n[]',
      json.encode({ version = 1, spec = SPEC, page = 1, key = "other" }) .. "\n[]" } do
      assert(file.write(name, text))
      tap.equal(pages:page(1, "k", LIMIT), nil)
    end
  end)
end)

test("a new reading begins without the pages of the one before", function()
  with_pages(function(pages)
    assert(pages:begin { from = "api", salt = "s" })
    assert(pages:keep(header(2, "k"), "[]"))
    assert(pages:begin { from = "api", salt = "s" })
    tap.equal(pages:count(), 0)
  end)
end)

test("readings move to another directory, in place of the same ones", function()
  with_pages(function(pages, all)
    local there = all:gsub("acme", "other")
    local replaced = kept.at(there, SPEC)
    assert(replaced:begin { from = "api", salt = "s" })
    assert(replaced:keep(header(7, "k"), "[]"))
    assert(pages:begin { from = "api", salt = "s" })
    assert(pages:keep(header(1, "k"), "[1]"))
    assert(kept.move(all, there))
    tap.equal({ replaced:count(), select(2, replaced:page(1, "k", LIMIT)) }, { 1, "[1]" })
    tap.equal(file.stat(all), nil)
  end)
end)

test("only a directory with nothing but pages is one to be removed", function()
  with_pages(function(pages, all)
    tap.equal(kept.is_folder(all), false)
    assert(pages:begin { from = "api", salt = "s" })
    tap.equal(kept.is_folder(all), true)
    assert(file.write(all .. "/notes.txt", "mine"))
    tap.equal(kept.is_folder(all), false)
    assert(kept.remove(all))
    tap.equal(file.list(all), { "notes.txt" })
    local done, message, kind = pages:begin { from = "api", salt = "s" }
    tap.equal({ done, kind }, { nil, "unusable" })
    tap.contains(message, "holds notes.txt; move it")
    assert(file.remove(all .. "/notes.txt"))
    assert(pages:begin { from = "api", salt = "s" })
    assert(kept.remove(all))
    tap.equal(file.stat(all), nil)
    assert(kept.remove(all))
  end)
end)

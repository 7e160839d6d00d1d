--- Ghosts of the rehearsal tenant: users that no list and no lookup shows but that conflict with an
--- import, as an earlier migration by other means leaves them.

local ghosts = {}

ghosts.SQL = [[
CREATE TABLE ghost (
  connection TEXT NOT NULL,
  user_id TEXT,              -- with its prefix
  email TEXT, username TEXT, -- in lower case
  phone_number TEXT
);]]

---@param db host.store.database
---@return boolean
function ghosts.any(db)
  return db:value("SELECT 1 FROM ghost LIMIT 1") ~= nil
end

---@param db host.store.database
---@param connection StoredConnection
---@param keys Identifiers  normalized
function ghosts.add(db, connection, keys)
  db:run("INSERT INTO ghost VALUES (?, ?, ?, ?, ?)", connection.id, keys.user_id, keys.email,
    keys.username, keys.phone_number)
end

---Whether a ghost has one of the identifiers.
---@param db host.store.database
---@param connection StoredConnection
---@param keys Identifiers  normalized
---@return boolean
function ghosts.stands(db, connection, keys)
  return db:value([[SELECT 1 FROM ghost WHERE connection = ?1
    AND (user_id = ?2 OR email = ?3 OR username = ?4 OR phone_number = ?5)]], connection.id,
    keys.user_id, keys.email, keys.username, keys.phone_number) ~= nil
end

---Deletes by email address in a connection, or by user_id.
---@param db host.store.database
---@param key {connection: string, email: string}|{user_id: string}
function ghosts.delete(db, key)
  db:run("DELETE FROM ghost WHERE user_id = ? OR (connection = ? AND email = ?)", key.user_id,
    key.connection, key.email)
end

return ghosts

/* host.store, connections - set up alike; the kinds of their failures. */

#include "store/database.h"
#include "store/store.h"

#include "common.h"

#include <string.h>

const char *host_store_kind(sqlite3 *db, int code)
{
    int error = sqlite3_system_errno(db);
    bool disk = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;

    if (disk && strcmp(host_errno_kind(error), HOST_FULL) == 0) return HOST_FULL;
    switch (code & 0xff) {
    case SQLITE_FULL:
        return HOST_FULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return HOST_BUSY;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return HOST_PARSE;
    case SQLITE_INTERRUPT:
        return HOST_INTERRUPTED;
    default:
        return HOST_IO;
    }
}

int host_store_set_up(sqlite3 *db, bool readonly, bool durable, double wait)
{
    const char *sql = readonly ? "SELECT 1 FROM sqlite_master LIMIT 1"
                      : durable
                          ? "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
                            "PRAGMA fullfsync = 1;"
                            "SELECT 1 FROM sqlite_master LIMIT 1"
                          : "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;"
                            "SELECT 1 FROM sqlite_master LIMIT 1";

    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, (int)(wait * 1000));
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

int host_store_connect(const char *path, sqlite3 **db, int flags)
{
    return sqlite3_open_v2(path, db, flags | SQLITE_OPEN_NOMUTEX, NULL);
}

int host_store_temporary(sqlite3 **db)
{
    int code = host_store_connect("", db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    return code == SQLITE_OK ? host_store_set_up(*db, false, false, 0) : code;
}

/* host.store for other modules: temporary databases. */
#ifndef HOST_STORE_H
#define HOST_STORE_H

#include <sqlite3.h>

/* Opens a database in a temporary file of its own, which goes when it is closed. Returns
 * SQLite's code; `*db` is to be closed also on a failure, and NULL if out of memory. */
int host_store_temporary(sqlite3 **db);

/* The kind of the failure that SQLite reported last for `db`, with this code. */
const char *host_store_kind(sqlite3 *db, int code);

#endif

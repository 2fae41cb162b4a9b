// SPDX-License-Identifier: Apache-2.0
#include <sqlite3.h>

// What Swift cannot import: a variadic call, and a function pointer made from -1.
static inline int csqlite_no_checkpoint_on_close(sqlite3 *database)
{
    return sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)0);
}

static const sqlite3_destructor_type csqlite_copied = SQLITE_TRANSIENT;

static const int csqlite_constraint_unique = SQLITE_CONSTRAINT_UNIQUE;
static const int csqlite_constraint_primary_key = SQLITE_CONSTRAINT_PRIMARYKEY;
static const int csqlite_ioerr_shmsize = SQLITE_IOERR_SHMSIZE;

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The migration that gives lists their indexes, by which they are narrowed (db_statement_search.h).
 */
#include "daemon/db_sql.h"

const char db_schema_search[] =
    "CREATE INDEX user_realm ON \"user\" ((CASE WHEN replace(name, '@', '') = name THEN ''"
    " ELSE substr(name, length(rtrim(name, replace(name, '@', ''))) + 1) END), name);"
    "DROP INDEX user_class;" /* of the class alone: this one serves for that, too */
    "CREATE INDEX user_class ON \"user\" (class, name);"
    "CREATE INDEX token_kind ON token (state, type, id);";

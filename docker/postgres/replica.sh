#!/bin/bash
# A streaming replica: copies the primary when it has no data yet, then follows it.
set -euo pipefail
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  # What a copy that was interrupted has left.
  find "$PGDATA" -mindepth 1 -delete
  PGPASSWORD=$(</run/secrets/postgres/replication-password) pg_basebackup --host=postgres --username=replicator \
    --pgdata="$PGDATA" --wal-method=stream --slot=replica --write-recovery-conf --checkpoint=fast
  chmod 700 "$PGDATA"
fi
exec postgres "$@"

#!/bin/bash
# Runs once, when the primary's data is made: a role and a slot for the replica.
set -euo pipefail
# The statement has the password: no setting of the server, and no failure, may log it.
export PGOPTIONS='-c log_statement=none -c log_min_duration_statement=-1 -c log_min_error_statement=panic'
psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\set password `cat /run/secrets/postgres/replication-password`
create role replicator login replication password :'password';
revoke connect on database postgres, template1 from public;
select pg_create_physical_replication_slot('replica');
SQL
echo 'host replication replicator all scram-sha-256' >>"$PGDATA/pg_hba.conf"

#!/bin/bash
# Runs once, when the primary's data is made: a role and a slot for the replica.
set -euo pipefail
password=$(</run/secrets/postgres/replication-password)
psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --set password="$password" <<'SQL'
create role replicator login replication password :'password';
select pg_create_physical_replication_slot('replica');
SQL
echo 'host replication replicator all scram-sha-256' >>"$PGDATA/pg_hba.conf"

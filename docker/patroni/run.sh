#!/bin/sh
# Runs a program of Patroni with the address and the passwords of this member.
#
#   run.sh patroni /etc/tearline/patroni.yaml
#   run.sh patronictl -c /etc/tearline/patroni.yaml list
set -eu
secret() { cat "/run/secrets/patroni/$1"; }

export PATRONI_RESTAPI_LISTEN=0.0.0.0:8008 PATRONI_RESTAPI_CONNECT_ADDRESS="$PATRONI_NAME.ha:8008"
export PATRONI_POSTGRESQL_LISTEN=0.0.0.0:5432 PATRONI_POSTGRESQL_CONNECT_ADDRESS="$PATRONI_NAME.ha:5432"
# Patroni replaces the folder when it copies the leader, so it is not the one that is mounted.
export PATRONI_POSTGRESQL_DATA_DIR=/var/lib/postgresql/data/patroni PATRONI_POSTGRESQL_PGPASS=/tmp/pgpass
export PATRONI_ETCD3_HOSTS=etcd.ha:2379
PATRONI_SUPERUSER_PASSWORD=$(secret superuser-password)
PATRONI_REPLICATION_PASSWORD=$(secret replication-password)
PATRONI_REWIND_PASSWORD=$(secret rewind-password)
PATRONI_RESTAPI_PASSWORD=$(secret restapi-password)
export PATRONI_SUPERUSER_PASSWORD PATRONI_REPLICATION_PASSWORD PATRONI_REWIND_PASSWORD PATRONI_RESTAPI_PASSWORD
export PATRONI_RESTAPI_USERNAME=patroni OWNER_PASSWORD_FILE=/run/secrets/patroni/owner-password
exec "$@"

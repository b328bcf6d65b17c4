#!/bin/sh
# Patroni runs it once, on the first leader of a new cluster, with the superuser's connection string: creates the database and
# the role that owns it, which may create roles and databases and is no superuser.
#
#   OWNER_PASSWORD_FILE   a file with the owner's password
set -eu
OWNER_PASSWORD=$(cat "$OWNER_PASSWORD_FILE")
export OWNER_PASSWORD
# The statement has the password: no setting of the server, and no failure, may log it.
export PGOPTIONS="${PGOPTIONS:-} -c log_statement=none -c log_min_duration_statement=-1 -c log_min_error_statement=panic"
psql -v ON_ERROR_STOP=1 --no-psqlrc --quiet "$1" <<'SQL'
\getenv password OWNER_PASSWORD
create role tearline login createrole createdb password :'password';
-- In template1, from which databases inherit that no role creates large objects.
\connect template1
revoke execute on function lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) from public;
revoke connect on database postgres, template1 from public;
create database tearline owner tearline;
-- Patroni gives it a password, and the rights that pg_rewind needs.
create role rewind login;
grant connect on database postgres to rewind;
SQL

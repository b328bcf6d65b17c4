#!/bin/sh
# Starts NATS with the passwords of its users, which its configuration takes from the environment.
set -eu
NATS_HOSTS_PASSWORD=$(cat /run/secrets/nats/hosts-password)
NATS_STORE_PASSWORD=$(cat /run/secrets/nats/store-password)
NATS_DATA=/data
export NATS_DATA NATS_HOSTS_PASSWORD NATS_STORE_PASSWORD
exec nats-server -c /etc/tearline/nats.conf

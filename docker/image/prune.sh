#!/bin/sh
# Takes out of a folder of production packages what no container needs.
set -eu
cd "$1"
# A laptop's PostgreSQL; in production DATABASE_URL and the like name a server.
rm -rf embedded-postgres @embedded-postgres
# Packages ask for it as a peer, to build with.
rm -rf typescript
find . -type f \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.md' \) -delete

#!/bin/sh
# Make the secrets of docker-compose.yml, each once; existing ones stay. Keep a copy outside this machine:
# without audit_key and signature_key the trail and the signatures can no longer be verified.
set -eu
cd "$(dirname "$0")/.."
umask 077
mkdir -p secrets
for name in postgres_password owner_password app_password secret_key audit_key signature_key deidentification_key; do
    if [ ! -s "secrets/$name" ]; then
        head -c 48 /dev/urandom | base64 | tr -d '\n' | tr '+/' '-_' > "secrets/$name"
        echo "made secrets/$name"
    fi
done
# The containers run as user 10001 (dens) and as postgres; compose mounts the files with the modes they have here.
chmod 0444 secrets/*

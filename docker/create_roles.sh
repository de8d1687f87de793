#!/bin/sh
# Runs once, when PostgreSQL makes its data folder: the owner migrates, the application may not change what is signed.
# psql itself reads the passwords, so that they stand on no command line.
set -eu
export SECRETS_DIR="${SECRETS_DIR:-/run/secrets}"
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\set owner_password `cat "$SECRETS_DIR/owner_password"`
\set app_password `cat "$SECRETS_DIR/app_password"`
CREATE ROLE dens_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE dens_app LOGIN PASSWORD :'app_password';
CREATE DATABASE dens OWNER dens_owner ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT ON DATABASE dens FROM PUBLIC;
GRANT CONNECT ON DATABASE dens TO dens_app;
SQL
